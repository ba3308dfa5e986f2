import { WeftError } from '@weft/protocol';
import type { FileLimits } from './limits.ts';

const DAY_MS = 86_400_000;

/** How much everybody has brought today, and how many files each is bringing now. */
export class Allowances {
  readonly #limits: FileLimits;
  readonly #now: () => number;
  #day = 0;
  /** Person → bytes of this day. */
  readonly #brought = new Map<string, number>();
  /** Of this day, by all guests. */
  #broughtByGuests = 0;
  /** Person → files on their way. */
  readonly #under = new Map<string, number>();

  /** @param now UTC milliseconds */
  constructor(limits: FileLimits, now: () => number) {
    this.#limits = limits;
    this.#now = now;
  }

  /** A person begins to bring a file. @returns that it has ended @throws WeftError `too-fast` */
  begin(person: string): () => void {
    const under = this.#under.get(person) ?? 0;
    if (under >= this.#limits.perPersonAtOnce) throw new WeftError('too-fast');
    this.#under.set(person, under + 1);
    return () => {
      const left = (this.#under.get(person) ?? 1) - 1;
      if (left > 0) this.#under.set(person, left);
      else this.#under.delete(person);
    };
  }

  /** A person has sent so many bytes. @throws WeftError `file-quota`; `files-full` when guests have brought enough */
  take(person: string, bytes: number, guest: boolean): void {
    const day = Math.floor(this.#now() / DAY_MS);
    if (day !== this.#day) {
      this.#brought.clear();
      this.#broughtByGuests = 0;
    }
    this.#day = day;
    const brought = (this.#brought.get(person) ?? 0) + bytes;
    if (brought > this.#limits.perPersonDay) throw new WeftError('file-quota');
    if (guest) {
      // Each has a quota of their own, and anybody may be any number of guests.
      if (this.#broughtByGuests + bytes > this.#limits.guestsDay) throw new WeftError('files-full');
      this.#broughtByGuests += bytes;
    }
    this.#brought.set(person, brought);
  }
}
