import type { ServerResponse } from 'node:http';

/** What every answer says to browsers; whoever answers with pages sets a policy of their own over it. */
const HEADERS: readonly (readonly [string, string])[] = [
  ['x-content-type-options', 'nosniff'],
  ['referrer-policy', 'no-referrer'],
  ['cross-origin-opener-policy', 'same-origin'],
  ['permissions-policy', 'camera=(), geolocation=(), microphone=()'],
  // JSON that is opened as a page runs nothing and is framed by nobody.
  ['content-security-policy', "default-src 'none'; frame-ancestors 'none'"],
];

/** Sets the headers that harden an answer in browsers. */
export function setSecurityHeaders(response: ServerResponse): void {
  for (const [name, value] of HEADERS) response.setHeader(name, value);
}
