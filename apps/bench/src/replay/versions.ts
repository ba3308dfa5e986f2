import { type Trace, TraceError } from './trace.ts';

/**
 * What each transaction had seen, as counts per author. A version vector says all of it, because the transactions
 * of one author build on each other: who saw the third has seen the first two.
 */
export interface Versions {
  /** Per author the indexes of their transactions, in the order they were made. */
  readonly byAuthor: readonly (readonly number[])[];
  /** Per transaction: how many of each author's transactions had been seen before it was made. */
  readonly seen: readonly Uint32Array[];
}

/** @throws TraceError when an author's transaction was made without having seen the one before it */
export function computeVersions(trace: Trace): Versions {
  const byAuthor: number[][] = Array.from({ length: trace.authors }, () => []);
  const seen: Uint32Array[] = [];
  // Counts after each transaction, itself included.
  const after: Uint32Array[] = [];
  for (const [index, { author, parents }] of trace.transactions.entries()) {
    const before = new Uint32Array(trace.authors);
    for (const parent of parents) {
      after[parent]?.forEach((count, other) => {
        if (count > (before[other] ?? 0)) before[other] = count;
      });
    }
    const own = byAuthor[author] ?? [];
    if (before[author] !== own.length) {
      throw new TraceError(
        `txns.${index}: its author had not seen their own transaction before it`,
      );
    }
    own.push(index);
    seen.push(before);
    const now = before.slice();
    now[author] = own.length;
    after.push(now);
  }
  return { byAuthor, seen };
}

/**
 * How many transactions had others beside them when they were made: earlier ones in the recording, which is a
 * valid order, that they had not seen. Of two made at the same time the later one counts.
 */
export function countConcurrent(versions: Versions): number {
  return versions.seen.filter((counts, index) => {
    let seen = 0;
    for (const count of counts) seen += count;
    return seen < index;
  }).length;
}
