import type { StreamContent } from './load.ts';

/** What a stream's tail weighs against its snapshot: tells when folding is worth it. */
export interface TailWeight {
  readonly records: number;
  readonly bytes: number;
  readonly snapshotBytes: number;
}

/** Keeps count of a stream's bytes, while records are appended and folded away. */
export class Tail {
  /** Bytes of all that was ever counted, and how many of them folding has saved. */
  #total: number;
  #saved = 0;
  #snapshotBytes: number;
  /** For each record behind the snapshot: the total up to it. */
  #records: { readonly number: number; readonly total: number }[] = [];
  #base: number;

  constructor(content: StreamContent) {
    const bytes = bytesOf(content);
    this.#total = bytes;
    this.#snapshotBytes = content.snapshotBytes;
    this.#base = content.snapshotBytes;
    const tail = content.updates.slice(content.snapshotBytes > 0 ? 1 : 0);
    let total = content.snapshotBytes;
    let number = content.number - tail.length;
    for (const update of tail) {
      total += update.length;
      number += 1;
      this.#records.push({ number, total });
    }
  }

  /** Bytes of all that was ever counted: what a pipeline of appends counts on from. */
  get total(): number {
    return this.#total;
  }

  /** The size that a total stands for: snapshot and tail, once everything up to that total is committed. */
  sizeAt(total: number): number {
    return total - this.#saved;
  }

  appended(number: number, bytes: number): void {
    this.#total += bytes;
    this.#records.push({ number, total: this.#total });
  }

  /** The log was read again, after a failure: `content` is what came beyond what was counted. */
  reread(content: StreamContent): void {
    this.#total += bytesOf(content);
    this.#records.push({ number: content.number, total: this.#total });
  }

  /** A snapshot took the place of everything up to a record. */
  folded(upTo: number, snapshotBytes: number): void {
    const last = this.#records.findLast(({ number }) => number <= upTo);
    if (last === undefined) return;
    this.#records = this.#records.filter(({ number }) => number > upTo);
    this.#saved = last.total - snapshotBytes;
    this.#base = last.total;
    this.#snapshotBytes = snapshotBytes;
  }

  get weight(): TailWeight {
    return {
      records: this.#records.length,
      bytes: this.#total - this.#base,
      snapshotBytes: this.#snapshotBytes,
    };
  }
}

function bytesOf(content: StreamContent): number {
  return content.updates.reduce((sum, update) => sum + update.length, 0);
}
