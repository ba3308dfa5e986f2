/**
 * The content security policy of the web app's pages (CSP level 3). Scripts come from files of the app and from nowhere
 * else, and no text becomes markup but through a named policy (Trusted Types), so that what somebody wrote into a
 * document or a message runs nothing in another one's browser, whatever else goes wrong.
 */
export const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "worker-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "font-src 'self'",
  "img-src 'self' data: blob:",
  // Carets and menus place themselves by style attributes.
  "style-src 'self' 'unsafe-inline'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  // What is pasted is parsed by ProseMirror in a document that runs nothing; the other one names the service worker.
  'trusted-types ProseMirrorClipboard weft-worker',
].join('; ');
