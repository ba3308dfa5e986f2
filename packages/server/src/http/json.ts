import type { IncomingMessage, ServerResponse } from 'node:http';
import { type ErrorCode, WeftError, errorDefinition } from '@weft/protocol';

/** Bytes of a JSON request, unless it is known to be longer. */
const BODY_MAX_BYTES = 16 * 1024;

/** HTTP status of each code that an HTTP request can meet; all others are 400. */
const STATUS: Partial<Record<ErrorCode, number>> = {
  'token-required': 401,
  'token-invalid': 401,
  'token-expired': 401,
  'guest-unknown': 401,
  revoked: 401,
  forbidden: 403,
  'guests-off': 403,
  'rights-elsewhere': 409,
  'last-owner': 409,
  'invite-unknown': 404,
  'read-only': 403,
  'not-author': 403,
  'not-found': 404,
  'message-unknown': 404,
  'command-id-reused': 409,
  'method-not-allowed': 405,
  'file-missing': 409,
  'file-too-large': 413,
  'request-too-large': 413,
  'file-mismatch': 422,
  'file-quota': 429,
  'files-full': 507,
  'files-off': 403,
  'too-fast': 429,
  internal: 500,
  'sign-in-unavailable': 503,
  'rights-unavailable': 503,
  'storage-failed': 503,
  'shutting-down': 503,
};

/** Answers with JSON that no cache keeps. */
export function sendJson(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  response.end(JSON.stringify(value));
}

/** Answers with a code of the error table. */
export function sendError(response: ServerResponse, error: WeftError): void {
  sendJson(response, STATUS[error.code] ?? 400, { code: error.code, message: error.message });
}

/** Bytes that are let pass behind an answer, more than the largest file has: who sends still, and is cut off, never reads it. */
const PASSED_MAX_BYTES = 32 * 1024 * 1024;

/**
 * Answers a request that is still on its way and will not be read: at once, and its connection ends. What comes within
 * bounds is let pass before that; the time that a request may take (`cutOffSlow`) ends it too.
 */
export function sendErrorEarly(
  request: IncomingMessage,
  response: ServerResponse,
  { code, message }: WeftError,
): void {
  const body = JSON.stringify({ code, message });
  response.writeHead(STATUS[code] ?? 400, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    connection: 'close',
  });
  response.write(body);
  let left = PASSED_MAX_BYTES;
  const end = () => {
    request.off('data', pass);
    response.end();
  };
  const pass = (chunk: Buffer) => {
    left -= chunk.length;
    if (left <= 0) end();
  };
  request.on('data', pass);
  request.once('end', end);
  request.once('close', end);
  request.resume();
}

/** The error for a code, for `sendError`. */
export function errorOf(code: ErrorCode): WeftError {
  return new WeftError(code, errorDefinition(code).retry === 'later' ? 'Try again.' : undefined);
}

/**
 * Reads a JSON body.
 * @throws WeftError `request-invalid` when it is not JSON; `request-too-large`, and the rest of it is still to come
 */
export async function readJson(
  request: IncomingMessage,
  maxBytes = BODY_MAX_BYTES,
): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  // Left as it is: a request that is destroyed takes its connection, and the answer, with it.
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    if (!Buffer.isBuffer(chunk)) throw new WeftError('request-invalid');
    size += chunk.length;
    if (size > maxBytes) throw new WeftError('request-too-large');
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch (cause) {
    throw new WeftError('request-invalid', 'It is not JSON.', { cause });
  }
}

/** The token of `Authorization: Bearer`. @throws WeftError `token-required` */
export function tokenOf(request: IncomingMessage): string {
  const [, token] = /^Bearer ([^\s]+)$/i.exec(request.headers.authorization ?? '') ?? [];
  if (token === undefined) throw new WeftError('token-required');
  return token;
}

/** A number of the query. @throws WeftError `request-invalid` */
export function numberOf(url: URL, name: string, otherwise: number): number {
  const text = url.searchParams.get(name);
  if (text === null) return otherwise;
  const number = Number(text);
  if (!/^[0-9]+$/.test(text) || !Number.isSafeInteger(number)) {
    throw new WeftError('request-invalid', `${name} must be a number.`);
  }
  return number;
}
