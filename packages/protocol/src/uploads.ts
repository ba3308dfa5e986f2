/**
 * Which of a document's local changes the server has committed. Changes are counted 1, 2, 3, … on the device;
 * each write frame of a socket has a number `n` of its own and carries the changes of one range. `stored(n)` is
 * cumulative. Counting changes and not acks is what keeps fifty offline edits from reading *stored* at the first
 * of their acks (Hocuspocus's provider counts acks, and restarts the count at each reconnect).
 */
export interface Uploads {
  /** Local changes made so far, those of earlier sessions of this device included. */
  readonly made: number;
  /** Changes up to this count were answered: committed, but for those in `refused`. */
  readonly stored: number;
  /** Changes that the server refused, and that no later write carried again and got committed; apart and ascending. */
  readonly refused: readonly ChangeRange[];
  /** Writes sent on the present socket and not yet answered, in order. */
  readonly sent: readonly SentWrite[];
  /** Changes up to this count left on the present socket; `undefined` before its first full write. */
  readonly written: number | undefined;
  /** The number that the next write of this socket takes. */
  readonly next: number;
}

/** The changes `from + 1 … upTo`. */
export interface ChangeRange {
  readonly from: number;
  readonly upTo: number;
}

export interface SentWrite extends ChangeRange {
  readonly n: number;
  /**
   * `all`: with it, its changes are stored. `part`: a full write left in several, and only its last one completes it.
   * `spoilt`: another part of it was refused, so what this one holds is not all of it.
   */
  readonly holds: 'all' | 'part' | 'spoilt';
}

/**
 * @param unstored changes found on the device that no server is known to have committed
 * @param stored changes of this device that a server has committed
 */
export function startUploads(unstored: number, stored = 0): Uploads {
  return { made: stored + unstored, stored, refused: [], sent: [], written: undefined, next: 1 };
}

/** Changes found on the device, when some were made before the device was read. Call it before any write is sent. */
export function found(uploads: Uploads, unstored: number, stored: number): Uploads {
  return { ...uploads, made: uploads.made + stored + unstored, stored: uploads.stored + stored };
}

/** Local changes were made. */
export function made(uploads: Uploads, changes = 1): Uploads {
  return { ...uploads, made: uploads.made + changes };
}

/**
 * A full write left: the difference to what the server said it has, and so every change not known to be
 * committed, refused ones included. Its first number is `uploads.next`. Each socket's first write must be a full one.
 * @param parts how many writes it left in, each with a number of its own
 */
export function sentAll(uploads: Uploads, parts = 1): Uploads {
  const from = Math.min(uploads.stored, uploads.refused[0]?.from ?? uploads.stored);
  let after = uploads;
  for (let part = 1; part < parts; part += 1) after = push(after, from, 'part');
  return push(after, from);
}

/**
 * A write left that carries every change made since the last write of this socket. Its number is `uploads.next`.
 * @throws Error when the socket has had no full write: changes of earlier sockets would count as sent
 */
export function sent(uploads: Uploads): Uploads {
  if (uploads.written === undefined)
    throw new Error('The first write of a socket must be a full one.');
  return push(uploads, uploads.written);
}

function push(uploads: Uploads, from: number, holds: 'all' | 'part' = 'all'): Uploads {
  const write: SentWrite = { n: uploads.next, from, upTo: uploads.made, holds };
  return {
    ...uploads,
    sent: [...uploads.sent, write],
    written: uploads.made,
    next: uploads.next + 1,
  };
}

/** The server committed all writes up to `n`, except those it refused. */
export function storedUpTo(uploads: Uploads, n: number): Uploads {
  let { stored, refused } = uploads;
  let answered = 0;
  for (const write of uploads.sent) {
    if (write.n > n) break;
    answered += 1;
    if (write.holds !== 'all') continue;
    stored = Math.max(stored, write.upTo);
    // A full write carries refused changes again: committed with it, they are refused no more.
    refused = refused.filter((range) => range.from < write.from || range.upTo > write.upTo);
  }
  if (answered === 0) return uploads;
  return { ...uploads, stored, refused, sent: uploads.sent.slice(answered) };
}

/**
 * The server refused the write `n`: it will never be stored, whatever is said of later ones. Answers come in the
 * order of the writes.
 */
export function refusedWrite(uploads: Uploads, n: number): Uploads {
  const write = uploads.sent.find((candidate) => candidate.n === n);
  if (write === undefined) return uploads;
  const sentRest = uploads.sent
    .filter((candidate) => candidate !== write)
    .map((candidate) => {
      const together =
        write.holds === 'part' && candidate.n > n && candidate.n <= lastPart(uploads, n);
      return together ? { ...candidate, holds: 'spoilt' as const } : candidate;
    });
  // A full write carries again what an earlier one brought to be committed meanwhile: that stays committed.
  const from = Math.max(write.from, uploads.stored);
  if (write.upTo <= from) return { ...uploads, sent: sentRest };
  const others = uploads.refused.filter((range) => range.from < from || range.upTo > write.upTo);
  return { ...uploads, refused: [...others, { from, upTo: write.upTo }], sent: sentRest };
}

/** The number of the write that completes the full write which `n` is a part of. */
function lastPart({ sent: writes }: Uploads, n: number): number {
  return writes.find((write) => write.n > n && write.holds === 'all')?.n ?? n;
}

/**
 * The socket is gone: what was on its way is not known to be stored, and the next socket counts anew.
 * @param next the number of the next write, where that socket has carried writes of this document before
 */
export function disconnected(uploads: Uploads, next = 1): Uploads {
  return { ...uploads, sent: [], written: undefined, next };
}

/** Nothing counts as stored any more: the server has another history (a restore raised its epoch). */
export function forgotten(uploads: Uploads): Uploads {
  return { ...disconnected(uploads), stored: 0, refused: [] };
}

/** Local changes that the server is not known to have. */
export function waiting(uploads: Uploads): number {
  const refused = uploads.refused.reduce(
    (sum, { from, upTo }) => sum + Math.max(0, Math.min(upTo, uploads.stored) - from),
    0,
  );
  return uploads.made - uploads.stored + refused;
}

/** Whether all changes of a range are committed: only then may the device mark them as stored. */
export function allStored(uploads: Uploads, changes: ChangeRange): boolean {
  if (changes.upTo > uploads.stored) return false;
  return !uploads.refused.some((range) => changes.upTo > range.from && changes.from < range.upTo);
}
