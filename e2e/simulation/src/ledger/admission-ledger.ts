import { FrameReader, WEFT_ADDRESS, decodeDown } from '@weft/protocol';
import type { Violations } from './violations.ts';
import type { Line } from './wire.ts';

/** Milliseconds from a seat's being free to the welcome: the token is looked at again in between. */
const WELCOMED_WITHIN = 100;

/** Milliseconds around the end of its time in which a kept seat may be there or not. */
const KEPT_SLACK = 50;

interface Kept {
  readonly until: number;
  /** The start of the server that keeps it: another one knows of nothing. */
  readonly boot: number;
  /** Whether there was a seat to keep; else whoever had one may have been let in unheard. */
  readonly sure: boolean;
}

export interface AdmissionLedgerOptions {
  readonly violations: Violations;
  readonly seats: number;
  /** Milliseconds for which a seat is kept. */
  readonly kept: number;
  readonly now: () => number;
  readonly later: (ms: number, run: () => void) => void;
  /** Counts the starts of the server: a new one knows of no line. */
  readonly boots: () => number;
  readonly subAt: (site: string) => string | undefined;
}

/** Who is in and who waits, by what is said on the wire: never too many, in a fair order, and each one's seat kept. */
export class AdmissionLedger {
  readonly #options: AdmissionLedgerOptions;
  /** Those with a seat and a socket. */
  readonly #seated = new Map<number, string>();
  /** By person, in the order in which they are next: their lines that wait. */
  readonly #line = new Map<string, number[]>();
  readonly #kept = new Map<string, Kept[]>();
  /** People whose place in the line is not known, since one of theirs may have been let in unheard. */
  readonly #uncertain = new Set<string>();
  #waited = 0;

  constructor(options: AdmissionLedgerOptions) {
    this.#options = options;
  }

  /** Sockets that were let in after they had waited. */
  get waited(): number {
    return this.#waited;
  }

  /** The server sent a message. */
  down(line: Line, frame: Uint8Array): void {
    const sub = this.#options.subAt(line.site);
    if (sub === undefined || frame.length === 1) return;
    const reader = new FrameReader(frame);
    if (reader.string() !== WEFT_ADDRESS) return;
    const { type } = decodeDown(reader.decoder);
    if (type === 'queue') this.#waits(line, sub);
    else if (type === 'welcome') this.#welcome(line, sub);
    else if (type === 'bye') this.#goes(line.id);
  }

  /** The server speaks to who is gone: whether it let them in, nobody hears. */
  unheard({ id, site }: Line): void {
    const sub = this.#options.subAt(site);
    if (sub !== undefined && this.#line.get(sub)?.includes(id) === true) this.#uncertain.add(sub);
  }

  /** A session goes on. */
  live(line: Line): void {
    const sub = this.#options.subAt(line.site);
    if (sub !== undefined) this.#sits(line, sub);
  }

  /**
   * The server knows that a socket is gone.
   * @param session whether what it carried may go on: then it keeps its seat itself
   */
  left(line: Line, code: number, session: boolean): void {
    const { kept, now, boots } = this.#options;
    const seated = this.#seated.get(line.id);
    const sub = seated ?? this.#uncertainAt(line);
    this.#goes(line.id);
    if (sub === undefined || session || code === 1000 || code === 1001) return;
    const until = now() + kept;
    const sure = seated !== undefined;
    this.#kept.set(sub, [...this.#mayKeep(sub), { until, boot: boots(), sure }]);
  }

  #waits(line: Line, sub: string): void {
    const own = this.#line.get(sub) ?? [];
    if (own.includes(line.id)) return;
    this.#line.set(sub, [...own, line.id]);
    const { now, violations } = this.#options;
    if (!this.#mayKeep(sub).some(({ until, sure }) => sure && now() < until - KEPT_SLACK)) return;
    violations.add('A2', `${line.site} waits, and a seat was kept for it`);
  }

  #welcome(line: Line, sub: string): void {
    // Another word to who is in: a newer token was taken.
    if (this.#seated.has(line.id)) return;
    const own = this.#line.get(sub) ?? [];
    const waited = own.includes(line.id);
    if (waited) this.#waited += 1;
    // On a seat that was kept, nobody's turn is passed over.
    if (waited || this.#mayKeep(sub).length === 0) this.#expectNext(line, sub, waited);
    this.#sits(line, sub);
    if (!waited) {
      this.#kept.set(sub, this.#mayKeep(sub).slice(1));
      return;
    }
    // Of one person one stands in each round.
    this.#line.delete(sub);
    const rest = own.filter((id) => id !== line.id);
    if (rest.length > 0) this.#line.set(sub, rest);
    else this.#uncertain.delete(sub);
  }

  /** Those before it must be on their way in too. */
  #expectNext(line: Line, sub: string, waited: boolean): void {
    if (this.#uncertain.has(sub)) return;
    for (const [person, [first]] of this.#line) {
      if (waited && person === sub) break;
      if (first === undefined || person === sub || this.#uncertain.has(person)) continue;
      this.#options.later(WELCOMED_WITHIN, () => {
        if (this.#line.get(person)?.includes(first) !== true) return;
        this.#options.violations.add('A2', `${line.site} was let in before ${person}`);
      });
    }
  }

  #sits(line: Line, sub: string): void {
    this.#seated.set(line.id, sub);
    const { violations, seats } = this.#options;
    if (this.#seated.size <= seats) return;
    violations.add('A1', `${line.site} was let in: ${this.#seated.size} on ${seats} seats`);
  }

  #goes(id: number): void {
    this.#seated.delete(id);
    this.#leavesLine(id);
  }

  #leavesLine(id: number): void {
    for (const [person, own] of this.#line) {
      if (!own.includes(id)) continue;
      const rest = own.filter((other) => other !== id);
      if (rest.length > 0) this.#line.set(person, rest);
      else {
        this.#line.delete(person);
        this.#uncertain.delete(person);
      }
    }
  }

  #uncertainAt({ id, site }: Line): string | undefined {
    const sub = this.#options.subAt(site);
    if (sub === undefined || !this.#uncertain.has(sub)) return undefined;
    return this.#line.get(sub)?.includes(id) === true ? sub : undefined;
  }

  /** Seats that may be kept for a person now. */
  #mayKeep(sub: string): readonly Kept[] {
    const { now, boots } = this.#options;
    return (this.#kept.get(sub) ?? []).filter(
      ({ until, boot }) => boot === boots() && now() < until + KEPT_SLACK,
    );
  }
}
