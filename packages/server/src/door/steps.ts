/** Steps along lists that are taken for each 64 KB of an update: some milliseconds, however the lists are made. */
const STEPS_PER_64_KB = 200_000;

/** What may be walked for one update. Who walks on when nothing is left must end without having found anything. */
export class Steps {
  #left: number;

  /** @param bytes length of the update */
  constructor(bytes: number) {
    this.#left = STEPS_PER_64_KB * Math.ceil(bytes / 65_536);
  }

  /** Takes some; `false` when there are none left. */
  take(count = 1): boolean {
    this.#left -= count;
    return this.#left >= 0;
  }

  get none(): boolean {
    return this.#left < 0;
  }
}
