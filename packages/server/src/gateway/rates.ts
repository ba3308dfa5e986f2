/** Kinds of traffic that have a rate of their own. */
export type RateKind = 'write' | 'presence' | 'question';

/** How many frames a second one person may send, over all their sockets, and how many at once after a pause. */
export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

/** Far above what people do, and below what keeps a server from serving others. */
export const DEFAULT_RATES: Readonly<Record<RateKind, Rate>> = {
  write: { perSecond: 5_000, burst: 20_000 },
  presence: { perSecond: 500, burst: 1_000 },
  question: { perSecond: 500, burst: 5_000 },
};

/** People from whose number on those who have been quiet are looked for. */
const SWEEP_LEAST = 1_024;

interface Bucket {
  tokens: number;
  /** UTC milliseconds of the last look. */
  at: number;
}

/** A person's. Those of a kind that they never send are not there. */
type Buckets = Record<RateKind, Bucket | undefined>;

const KINDS: readonly RateKind[] = ['write', 'presence', 'question'];

/** Token buckets of everybody who has a socket, one per kind. */
export class Rates {
  readonly #rates: Readonly<Record<RateKind, Rate>>;
  readonly #now: () => number;
  readonly #people = new Map<string, Buckets>();

  #sweepAt = SWEEP_LEAST;

  /** @param now milliseconds */
  constructor(rates: Readonly<Record<RateKind, Rate>>, now: () => number) {
    this.#rates = rates;
    this.#now = now;
  }

  /**
   * Takes a frame into account.
   * @returns milliseconds until it may be handled; 0 when it may be at once. What has to wait is not counted: ask again.
   */
  take(person: string, kind: RateKind): number {
    const { perSecond, burst } = this.#rates[kind];
    const buckets = this.#people.get(person) ?? this.#enter(person);
    const now = this.#now();
    const bucket = (buckets[kind] ??= { tokens: burst, at: now });
    // A clock that was set back gives nothing and takes nothing.
    const passed = Math.max(0, now - bucket.at);
    bucket.tokens = Math.min(burst, bucket.tokens + (passed * perSecond) / 1000);
    bucket.at = now;
    if (bucket.tokens < 1) return Math.ceil(((1 - bucket.tokens) * 1000) / perSecond);
    bucket.tokens -= 1;
    return 0;
  }

  #enter(person: string): Buckets {
    if (this.#people.size >= this.#sweepAt) {
      this.sweep();
      this.#sweepAt = Math.max(SWEEP_LEAST, 2 * this.#people.size);
    }
    const made: Buckets = { write: undefined, presence: undefined, question: undefined };
    this.#people.set(person, made);
    return made;
  }

  /** Forgets whose buckets are full again: coming back gives nobody more than staying would have. */
  sweep(): void {
    const now = this.#now();
    for (const [person, buckets] of this.#people) {
      const full = KINDS.every((kind) => {
        const bucket = buckets[kind];
        const { perSecond, burst } = this.#rates[kind];
        return (
          bucket === undefined || bucket.tokens + ((now - bucket.at) * perSecond) / 1000 >= burst
        );
      });
      if (full) this.#people.delete(person);
    }
  }

  /** How many people have buckets. */
  get size(): number {
    return this.#people.size;
  }
}
