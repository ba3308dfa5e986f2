import type { SimRandom } from './random.ts';

/**
 * A disk that tells *written* from *durable*. Records are appended, and durable after a sync; a crash keeps what was
 * synced and, of the rest, a beginning that chance picks: the next record is torn and nothing behind it is there.
 */
export class SimDisk<T> {
  readonly #random: SimRandom;
  readonly #records: T[] = [];
  #durable = 0;

  constructor(random: SimRandom) {
    this.#random = random;
  }

  /** Appends a record, not durable yet. */
  write(record: T): void {
    this.#records.push(record);
  }

  /** Everything written so far is durable. Returns what became so. */
  sync(): readonly T[] {
    const fresh = this.#records.slice(this.#durable);
    this.#durable = this.#records.length;
    return fresh;
  }

  /** Power loss. Returns what was not synced and is there all the same: durable from now on. */
  crash(): readonly T[] {
    const kept = this.#random.int(0, this.#records.length - this.#durable);
    this.#records.length = this.#durable + kept;
    return this.sync();
  }

  /** What is there, oldest first. */
  get records(): readonly T[] {
    return this.#records;
  }
}
