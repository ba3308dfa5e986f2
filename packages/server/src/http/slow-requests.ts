import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Patience } from '../files/limits.ts';

/**
 * How long a request may take to arrive, and its answer to be taken. Node's own limit is one for all of a server's requests,
 * and a file on a slow line takes longer than anybody should wait for JSON.
 */

/** Milliseconds for a request, unless it is allowed more. */
const REQUEST_MS = 4_000;

/** Request → what takes its limits away. */
const limits = new WeakMap<IncomingMessage, () => void>();

/** Cuts a request off that has not arrived in time. Call it with each. */
export function cutOffSlow(request: IncomingMessage): void {
  limits.set(request, arrival(request, REQUEST_MS));
}

/**
 * Gives a request more time: who sends it is known, and what they send is wanted.
 * @returns to be called with each piece
 */
export function allowTime(request: IncomingMessage, { piece, whole }: Patience): () => void {
  limits.get(request)?.();
  let forgetPiece = arrival(request, piece);
  const forgetWhole = arrival(request, whole);
  limits.set(request, () => {
    forgetPiece();
    forgetWhole();
  });
  return () => {
    forgetPiece();
    forgetPiece = arrival(request, piece);
  };
}

/** What is still on its way is wanted no more: it has as long as one piece of it had, and not all of its time. */
export function allowRest(request: IncomingMessage, { piece }: Patience): void {
  limits.get(request)?.();
  limits.set(request, arrival(request, piece));
}

/**
 * Cuts off whoever does not take an answer: what is read for it, and its socket, would be held for them for ever.
 * @returns to be called with each piece that is asked for
 */
export function limitReading(response: ServerResponse, { piece, whole }: Patience): () => void {
  const cut = (ms: number) => limit(response, ms, () => response.destroy());
  let forget = cut(piece);
  cut(whole);
  return () => {
    forget();
    forget = cut(piece);
  };
}

function arrival(request: IncomingMessage, ms: number): () => void {
  return limit(request, ms, () => {
    if (!request.complete) request.socket.destroy();
  });
}

/** Does something after so many milliseconds, unless what it is about is closed before. @returns what takes it back */
function limit(of: IncomingMessage | ServerResponse, ms: number, late: () => void): () => void {
  const timer = setTimeout(late, ms);
  const forget = () => {
    clearTimeout(timer);
    of.off('close', forget);
  };
  of.once('close', forget);
  return forget;
}
