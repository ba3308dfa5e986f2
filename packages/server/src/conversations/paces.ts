import { type Bucket, type PaceLimits, isFull, spend } from '@weft/protocol';
import type { Principal } from '../auth/principal.ts';

/** How fast each person sends (law C12): all of their devices together, sockets and HTTP. */
export class Paces {
  readonly #limits: PaceLimits;
  readonly #now: () => number;
  /** By person, the one who spoke last at the end. Full ones go, so that it holds those of the last seconds only. */
  readonly #buckets = new Map<string, Bucket>();

  /** @param now UTC milliseconds */
  constructor(limits: PaceLimits, now: () => number) {
    this.#limits = limits;
    this.#now = now;
  }

  /** Whether a person may ask for one more effect now. */
  take({ tenant, sub }: Principal): boolean {
    const now = this.#now();
    const person = `${tenant}/${sub}`;
    const { allowed, bucket } = spend(this.#buckets.get(person), this.#limits, now);
    this.#buckets.delete(person);
    this.#buckets.set(person, bucket);
    this.#forget(now);
    return allowed;
  }

  #forget(now: number): void {
    for (const [person, bucket] of this.#buckets) {
      if (!isFull(bucket, this.#limits, now)) return;
      this.#buckets.delete(person);
    }
  }
}
