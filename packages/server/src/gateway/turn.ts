/** Sockets that hold back what was written to them. */
export interface Holding {
  flush(): void;
  /** Its `flush` threw. */
  failed(error: unknown): void;
}

let holding: Holding[] = [];

function flushAll(): void {
  const ended = holding;
  holding = [];
  for (const each of ended) {
    try {
      each.flush();
    } catch (error) {
      // Nobody else is held back by it, and nobody is above this to hear of it.
      each.failed(error);
    }
  }
}

/** Has a socket write what it holds at the end of the turn. */
export function afterTurn(socket: Holding): void {
  if (holding.length === 0) setImmediate(flushAll);
  holding.push(socket);
}
