/** A law that was broken, and how. */
export interface Violation {
  readonly law: string;
  readonly what: string;
  /** Virtual milliseconds. */
  readonly at: number;
}

/** Violations kept of one run: the first says what broke, the others only what followed. */
const KEPT = 20;

/** Collects what a run broke. */
export class Violations {
  readonly #now: () => number;
  readonly #found: Violation[] = [];

  constructor(now: () => number) {
    this.#now = now;
  }

  add(law: string, what: string): void {
    if (this.#found.length < KEPT) this.#found.push({ law, what, at: this.#now() });
  }

  get found(): readonly Violation[] {
    return this.#found;
  }
}
