import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { FILE_HASH, ID_PATTERN, UNKNOWN_TYPE, WeftError } from '@weft/protocol';
import * as v from 'valibot';
import type { Principal } from '../auth/principal.ts';
import type { Files } from '../files/files.ts';
import { sendJson, tokenOf } from './json.ts';
import { allowRest, allowTime, limitReading } from './slow-requests.ts';

/** Files of messages: brought and fetched by their hash, on a path where nothing else is. */

export const FILES_PATH = '/files/';

/** Seconds: what a hash stands for never changes. */
const FOR_EVER = 31_536_000;

/**
 * Answers a request for a file.
 * @throws WeftError of the table; whatever the store throws
 */
export async function answerFiles(
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
  host: {
    readonly files: Files;
    readonly verify: (token: string) => Promise<Principal>;
  },
): Promise<void> {
  const hash = url.pathname.slice(FILES_PATH.length);
  const { method } = request;
  if (method !== 'PUT' && method !== 'GET') throw new WeftError('method-not-allowed');
  const principal = await host.verify(tokenOf(request));
  if (!FILE_HASH.test(hash)) throw new WeftError(method === 'PUT' ? 'name-invalid' : 'not-found');
  if (method === 'GET') {
    await send(request, response, host.files, principal, hash);
    return;
  }
  const conversation = url.searchParams.get('conversation') ?? '';
  if (!ID_PATTERN.test(conversation)) throw new WeftError('name-invalid');
  const type = request.headers['content-type'] ?? UNKNOWN_TYPE;
  const file = { hash, type: type.toLowerCase(), conversation };
  const { patience } = host.files;
  let more: (() => void) | undefined;
  // Once somebody who may bring it asks for its bytes: all others have the time of any request.
  const began = () => {
    more ??= allowTime(request, patience);
    more();
  };
  try {
    const bytes = await host.files.bring(principal, file, piecesOf(request, began));
    sendJson(response, 200, { hash, bytes });
  } catch (error) {
    if (more !== undefined) allowRest(request, patience);
    if (request.destroyed && !request.complete) {
      throw new WeftError('request-invalid', 'It ended halfway.', { cause: error });
    }
    throw error;
  }
}

async function send(
  request: IncomingMessage,
  response: ServerResponse,
  files: Files,
  principal: Principal,
  hash: string,
): Promise<void> {
  const file = await files.find(principal, hash);
  const etag = `"${hash}"`;
  const isImage = file.type !== UNKNOWN_TYPE;
  const headers = {
    // Kept by the browser of who asked, for this sign-in; another one asks again, and is told that nothing changed.
    'cache-control': `private, max-age=${FOR_EVER}, immutable`,
    vary: 'authorization',
    etag,
    'x-content-type-options': 'nosniff',
    // Opened as a page it has an origin of its own, runs nothing and loads nothing.
    'content-security-policy': "sandbox; default-src 'none'; frame-ancestors 'none'",
    'cross-origin-resource-policy': 'same-origin',
    'content-disposition': isImage ? 'inline' : 'attachment',
  };
  if (request.headers['if-none-match'] === etag) {
    response.writeHead(304, headers).end();
    return;
  }
  response.writeHead(200, {
    ...headers,
    'content-type': file.type,
    'content-length': file.bytes,
  });
  const more = limitReading(response, files.patience);
  // The head is out: all that can be said of a failure now is that the answer ends early.
  await pipeline(countedPieces(file.content(), more), response).catch(() => response.destroy());
}

async function* countedPieces(
  content: AsyncIterable<Uint8Array>,
  more: () => void,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of content) {
    yield chunk;
    more();
  }
}

async function* piecesOf(request: IncomingMessage, more: () => void): AsyncGenerator<Uint8Array> {
  more();
  for await (const piece of request.iterator({ destroyOnReturn: false })) {
    more();
    yield v.parse(v.instance(Uint8Array), piece);
  }
}
