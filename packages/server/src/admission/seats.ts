import { type AdmissionLimits, WAITING_PER_PERSON } from './limits.ts';

/** What becomes of somebody who comes. */
export type Entry =
  | 'seated'
  /** On a seat that was kept for them. */
  | 'returned'
  | 'waiting'
  | 'server-full'
  | 'too-many-connections';

/**
 * Seats and the line before them: a pure machine, without a clock. Whoever comes first is seated first; of one person one
 * socket stands in each round of the line, so that many sockets of one do not keep the others from their seats.
 */
export class Seats<Id> {
  readonly #limits: Pick<AdmissionLimits, 'seats' | 'waiting' | 'perPerson'>;
  readonly #seated = new Map<Id, string>();
  /** Until when seats are kept, by person, the earliest first. */
  readonly #kept = new Map<string, number[]>();
  /** In the order in which people are next; behind each, those of theirs that wait. */
  readonly #line = new Map<string, Id[]>();
  readonly #waiting = new Map<Id, string>();
  /** Seated, kept and waiting, by person. */
  readonly #counts = new Map<string, number>();
  #keptCount = 0;
  /** When the next kept seat is free. Everybody who comes asks for that: a thousand come at once after a cut. */
  #nextExpiry = Number.POSITIVE_INFINITY;

  constructor(limits: Pick<AdmissionLimits, 'seats' | 'waiting' | 'perPerson'>) {
    this.#limits = limits;
  }

  /** Seats with somebody on them. */
  get seated(): number {
    return this.#seated.size;
  }

  /** Seats that are kept for who was cut. */
  get kept(): number {
    return this.#keptCount;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** Somebody comes. Refusals change nothing. */
  enter(id: Id, person: string): Entry {
    if (this.#takeKept(person)) {
      this.#seated.set(id, person);
      return 'returned';
    }
    if ((this.#counts.get(person) ?? 0) >= this.#limits.perPerson) return 'too-many-connections';
    if (this.#waiting.size === 0 && this.#free > 0) {
      this.#seated.set(id, person);
      this.#count(person, 1);
      return 'seated';
    }
    const own = this.#line.get(person) ?? [];
    if (own.length >= WAITING_PER_PERSON) return 'too-many-connections';
    if (this.#waiting.size >= this.#limits.waiting) return 'server-full';
    own.push(id);
    this.#line.set(person, own);
    this.#waiting.set(id, person);
    this.#count(person, 1);
    return 'waiting';
  }

  /**
   * Somebody goes, from a seat or out of the line. Idempotent.
   * @param keptUntil how long the seat is kept for their return; without it, it is free at once
   */
  leave(id: Id, keptUntil?: number): void {
    const person = this.#seated.get(id);
    if (person === undefined) {
      this.#leaveLine(id);
      return;
    }
    this.#seated.delete(id);
    if (keptUntil === undefined) {
      this.#count(person, -1);
      return;
    }
    this.#keptCount += 1;
    this.#nextExpiry = Math.min(this.#nextExpiry, keptUntil);
    const kept = [...(this.#kept.get(person) ?? []), keptUntil];
    this.#kept.set(
      person,
      kept.toSorted((a, b) => a - b),
    );
  }

  /** Gives up the seats whose time is over. */
  expire(now: number): void {
    if (now < this.#nextExpiry) return;
    this.#nextExpiry = Number.POSITIVE_INFINITY;
    for (const [person, kept] of this.#kept) {
      const left = kept.filter((until) => until > now);
      for (const until of left) this.#nextExpiry = Math.min(this.#nextExpiry, until);
      const gone = kept.length - left.length;
      if (gone === 0) continue;
      this.#keptCount -= gone;
      this.#count(person, -gone);
      if (left.length > 0) this.#kept.set(person, left);
      else this.#kept.delete(person);
    }
  }

  /** Seats those who are next, as far as there are seats. Returns them in their order. */
  admit(): readonly Id[] {
    const admitted: Id[] = [];
    while (this.#free > 0) {
      const [next] = this.#line;
      if (next === undefined) break;
      const [person, own] = next;
      const id = own.shift();
      this.#line.delete(person);
      if (id === undefined) continue;
      // Their next one stands behind everybody who waits now.
      if (own.length > 0) this.#line.set(person, own);
      this.#waiting.delete(id);
      this.#seated.set(id, person);
      admitted.push(id);
    }
    return admitted;
  }

  /** The place, from 1, of who came last of a person's that wait. */
  lastOf(person: string): number {
    const own = this.#line.get(person)?.length ?? 0;
    let before = 0;
    let passed = false;
    for (const [each, { length }] of this.#line) {
      passed ||= each === person;
      // In the rounds before, and in the last one those who are in front.
      before += Math.min(length, passed ? own - 1 : own);
    }
    return before + 1;
  }

  /** Those who wait, in the order in which they will be seated if nobody else comes. */
  *order(): Generator<Id> {
    for (let round = 0; ; round += 1) {
      let found = false;
      for (const own of this.#line.values()) {
        const id = own[round];
        if (id === undefined) continue;
        found = true;
        yield id;
      }
      if (!found) return;
    }
  }

  get #free(): number {
    return this.#limits.seats - this.#seated.size - this.#keptCount;
  }

  #takeKept(person: string): boolean {
    const kept = this.#kept.get(person);
    if (kept === undefined) return false;
    kept.shift();
    this.#keptCount -= 1;
    if (kept.length === 0) this.#kept.delete(person);
    return true;
  }

  #leaveLine(id: Id): void {
    const person = this.#waiting.get(id);
    if (person === undefined) return;
    this.#waiting.delete(id);
    const own = (this.#line.get(person) ?? []).filter((each) => each !== id);
    if (own.length > 0) this.#line.set(person, own);
    else this.#line.delete(person);
    this.#count(person, -1);
  }

  #count(person: string, by: number): void {
    const count = (this.#counts.get(person) ?? 0) + by;
    if (count > 0) this.#counts.set(person, count);
    else this.#counts.delete(person);
  }
}
