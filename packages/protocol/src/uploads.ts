/**
 * Which of a document's local changes the server has committed. Changes are counted 1, 2, 3, … on the device;
 * each write frame of a socket has a number `n` of its own and carries all changes up to some count. `stored(n)`
 * is cumulative. Counting changes and not acks is what keeps fifty offline edits from reading *stored* at the
 * first of their acks (Hocuspocus's provider counts acks, and restarts the count at each reconnect).
 */
export interface Uploads {
  /** Local changes made so far, those of earlier sessions of this device that may not be stored included. */
  readonly made: number;
  /** Local changes that the server has committed: a prefix of those made. */
  readonly stored: number;
  /** Writes sent on the present socket and not yet answered, in order. */
  readonly sent: readonly SentWrite[];
  /** The number that the next write of this socket takes. */
  readonly next: number;
}

export interface SentWrite {
  readonly n: number;
  /** All local changes up to this count are in this write or in an earlier one that is stored. */
  readonly upTo: number;
}

/** @param unstored changes found on the device that no server is known to have committed */
export function startUploads(unstored: number): Uploads {
  return { made: unstored, stored: 0, sent: [], next: 1 };
}

/** A local change was made. */
export function made(uploads: Uploads): Uploads {
  return { ...uploads, made: uploads.made + 1 };
}

/** A write left that carries every change made so far and not yet sent. Its number is `uploads.next`. */
export function sent(uploads: Uploads): Uploads {
  const write: SentWrite = { n: uploads.next, upTo: uploads.made };
  return { ...uploads, sent: [...uploads.sent, write], next: uploads.next + 1 };
}

/** The server committed all writes up to `n`. */
export function storedUpTo(uploads: Uploads, n: number): Uploads {
  let { stored } = uploads;
  let answered = 0;
  for (const write of uploads.sent) {
    if (write.n > n) break;
    stored = Math.max(stored, write.upTo);
    answered += 1;
  }
  return answered === 0 ? uploads : { ...uploads, stored, sent: uploads.sent.slice(answered) };
}

/** The socket is gone: what was on its way is not known to be stored, and the next socket counts anew. */
export function disconnected(uploads: Uploads): Uploads {
  return { ...uploads, sent: [], next: 1 };
}

/** Nothing counts as stored any more: the server has another history (a restore raised its epoch). */
export function forgotten(uploads: Uploads): Uploads {
  return { ...uploads, stored: 0, sent: [], next: 1 };
}

/** Local changes that the server is not known to have. */
export function waiting(uploads: Uploads): number {
  return uploads.made - uploads.stored;
}
