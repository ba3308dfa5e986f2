/** A record of the device with work of one of this person's other tabs. */
interface Record {
  readonly changes: number;
  /** When it was heard of, by this device's clock. */
  readonly at: number;
}

/**
 * Work of this person's other tabs that is shown here too. They send it; here it is counted, so that nothing reads
 * *stored* while the server lacks it, and it is known when a full write of this tab has carried it.
 */
export class OthersWork {
  /** In the order in which they were heard of. */
  readonly #waiting = new Map<number, Record>();
  /** Which of them left with full writes of this socket. */
  #carried: {
    readonly first: number;
    readonly n: number;
    readonly records: readonly number[];
  }[] = [];

  /** How many changes the server is not known to have. */
  get waiting(): number {
    return [...this.#waiting.values()].reduce((sum, { changes }) => sum + changes, 0);
  }

  get records(): readonly number[] {
    return [...this.#waiting.keys()];
  }

  has(record: number): boolean {
    return this.#waiting.has(record);
  }

  /** When the oldest of them was heard of. */
  get since(): number | undefined {
    return this.#waiting.values().next().value?.at;
  }

  add(record: number, changes: number, at: number): void {
    this.#waiting.set(record, { changes, at });
  }

  /** The server has these. @returns whether that tells anything new */
  settle(records: readonly number[]): boolean {
    let news = false;
    for (const record of records) {
      if (this.#waiting.delete(record)) news = true;
    }
    return news;
  }

  /** A full write left, in parts with the numbers `first` to `n`. */
  sentAll(first: number, n: number): void {
    if (this.#waiting.size > 0) this.#carried.push({ first, n, records: this.records });
  }

  /** The server committed all writes up to a number. @returns the records that it has with them */
  storedUpTo(n: number): readonly number[] {
    const records = this.#carried.filter((write) => write.n <= n).flatMap((write) => write.records);
    this.#carried = this.#carried.filter((write) => write.n > n);
    const fresh = records.filter((record) => this.#waiting.has(record));
    this.settle(fresh);
    return fresh;
  }

  /** The server refused a write, or a part of one. */
  refusedWrite(n: number): void {
    this.#carried = this.#carried.filter((write) => n < write.first || n > write.n);
  }

  /** The socket is gone. */
  disconnected(): void {
    this.#carried = [];
  }

  /** All of it is counted elsewhere now. */
  clear(): void {
    this.#waiting.clear();
    this.#carried = [];
  }
}
