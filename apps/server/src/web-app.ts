import { existsSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import sirv from 'sirv';
import { PAGE_POLICY } from './page-policy.ts';

/** What a person gets who opens the server without a built app. */
const NOT_BUILT = 'The web app is not built. Start with `npm start`, or run `npm run build`.\n';

/**
 * Serves the built web app: files as they are, every other page as `index.html`, since the app routes by itself.
 * Hashed assets are cached for ever, pages never.
 */
export function serveWebApp(
  directory: string,
): (request: IncomingMessage, response: ServerResponse) => void {
  if (!existsSync(join(directory, 'index.html'))) {
    return (_request, response) => {
      response.writeHead(503, { 'content-type': 'text/plain; charset=utf-8' });
      response.end(NOT_BUILT);
    };
  }
  const serve = sirv(directory, { single: true, etag: true });
  return (request, response) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.writeHead(405, { allow: 'GET, HEAD' }).end();
      return;
    }
    // A file of the listing may be gone (a rebuild under a running server): its stream's error, unheard, would end
    // the process.
    response.once('pipe', (file) => file.once('error', () => response.destroy()));
    // Before sirv, which tells nobody of a 304: a browser puts the headers of a 304 over those it kept (RFC 9111, 3.2),
    // so that a page that was reloaded would get the policy of answers that are no pages, and stay blank.
    setFileHeaders(response, request.url ?? '/');
    serve(request, response, () => {
      response.writeHead(404, {
        'content-type': 'text/plain; charset=utf-8',
        'cache-control': 'no-store',
      });
      response.end('There is nothing here.\n');
    });
  };
}

/** What a file of the app says, whether it is sent or was kept by the browser. */
function setFileHeaders(response: ServerResponse, target: string): void {
  response.setHeader('content-security-policy', PAGE_POLICY);
  response.setHeader('x-content-type-options', 'nosniff');
  response.setHeader('referrer-policy', 'no-referrer');
  const hashed = target.startsWith('/assets/');
  response.setHeader('cache-control', hashed ? 'public, max-age=31536000, immutable' : 'no-cache');
}
