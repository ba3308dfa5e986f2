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
  const serve = sirv(directory, {
    single: true,
    etag: true,
    setHeaders: (response, path) => {
      response.setHeader('content-security-policy', PAGE_POLICY);
      response.setHeader('x-content-type-options', 'nosniff');
      response.setHeader('referrer-policy', 'no-referrer');
      const hashed = path.startsWith('/assets/');
      response.setHeader(
        'cache-control',
        hashed ? 'public, max-age=31536000, immutable' : 'no-cache',
      );
    },
  });
  return (request, response) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.writeHead(405, { allow: 'GET, HEAD' }).end();
      return;
    }
    // A file of the listing may be gone (a rebuild under a running server): its stream's error, unheard, would end
    // the process.
    response.once('pipe', (file) => file.once('error', () => response.destroy()));
    serve(request, response, () => {
      response.writeHead(404, { 'content-type': 'text/plain; charset=utf-8' });
      response.end('There is nothing here.\n');
    });
  };
}
