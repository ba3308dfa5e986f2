import type * as Y from 'yjs';
import { type AuthorLedger, covers } from './ledger.ts';

/** What one client has received over the network of what others made. */
export interface Receiver {
  /** Per author: how many of their transactions this client's document has. Its own author's stay 0. */
  readonly received: Uint32Array;
  /** Looks again; needed when a transaction changed nothing, since no update will announce it. */
  readonly look: () => void;
  readonly close: () => void;
}

/**
 * Follows a client's document. Per author a pointer moves over what they made, in order, as far as the document
 * covers it, so that an update costs what it brought and not what there is.
 * @param self the client's own author, or `undefined` for one that only reads
 * @param arrived called for each transaction with the milliseconds since it was made
 * @param moved called once after each update that moved a pointer
 */
export function createReceiver(options: {
  readonly doc: Y.Doc;
  readonly authors: readonly AuthorLedger[];
  readonly self: number | undefined;
  readonly clock: () => number;
  readonly arrived: (milliseconds: number) => void;
  readonly moved: () => void;
}): Receiver {
  const { doc, authors, self, clock, arrived, moved } = options;
  const received = new Uint32Array(authors.length);
  const look = () => {
    let any = 0;
    const now = clock();
    for (const [author, { client, made }] of authors.entries()) {
      if (author === self) continue;
      let count = received[author] ?? 0;
      for (let next = made[count]; next && covers(doc, client, next); next = made[count]) {
        arrived(now - next.at);
        count += 1;
        any += 1;
      }
      received[author] = count;
    }
    if (any > 0) moved();
  };
  doc.on('update', look);
  return { received, look, close: () => doc.off('update', look) };
}
