/** Sockets that hold back what was written to them. */
export interface Corked {
  uncork(): void;
}

let corked: Corked[] = [];

function uncorkAll(): void {
  const ended = corked;
  corked = [];
  for (const each of ended) each.uncork();
}

/**
 * Lets go of a socket at the end of the turn. A write to the kernel costs more than all the rest of a frame: what one
 * turn has for one socket, updates and acks alike, leaves in one.
 */
export function uncorkAfterTurn(socket: Corked): void {
  if (corked.length === 0) setImmediate(uncorkAll);
  corked.push(socket);
}
