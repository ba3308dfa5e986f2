import type { IncomingMessage } from 'node:http';

/**
 * How long a request may take to arrive. Node's own limit is one for all of a server's requests, and a file on a slow
 * line takes longer than anybody should wait for JSON.
 */

/** Milliseconds for a request, unless it is allowed more. */
const REQUEST_MS = 4_000;

/** Request → what takes its limit away. */
const limits = new WeakMap<IncomingMessage, () => void>();

/** Cuts a request off that has not arrived in time. Call it with each. */
export function cutOffSlow(request: IncomingMessage): void {
  limits.set(request, limit(request, REQUEST_MS));
}

/**
 * Gives a request more time.
 * @param patience milliseconds: between two pieces of it, and for all of it
 * @returns to be called with each piece
 */
export function allowTime(
  request: IncomingMessage,
  patience: { readonly piece: number; readonly whole: number },
): () => void {
  limits.get(request)?.();
  let forget = limit(request, patience.piece);
  limit(request, patience.whole);
  return () => {
    forget();
    forget = limit(request, patience.piece);
  };
}

function limit(request: IncomingMessage, ms: number): () => void {
  const timer = setTimeout(() => {
    if (!request.complete) request.socket.destroy();
  }, ms);
  const forget = () => {
    clearTimeout(timer);
    request.off('close', forget);
  };
  request.once('close', forget);
  return forget;
}
