import { type Address, WeftError, streamName } from '@weft/protocol';
import type { AdmissionLimits } from './limits.ts';
import { Seats } from './seats.ts';
import { Speed } from './speed.ts';

/** Milliseconds between two looks at seats that are kept and at who has to be told. */
const LOOK_MS = 1_000;

/** Milliseconds after which whoever waits hears of us whatever happened: a client takes longer silence for a cut. */
const SIGN_OF_LIFE_MS = 10_000;

/** Milliseconds to come back after, where the line is full and nothing is known of its speed. */
const COME_BACK_MS = { least: 5_000, most: 60_000 } as const;

/** Whoever asked for a seat. */
export interface Guest {
  /** It has a seat now, after it had to wait. */
  admitted(): void;
  /** Its place in the line, from 1, and the milliseconds that this may take; `undefined` while that is not known. */
  told(position: number, wait: number | undefined): void;
}

/** What a guest holds: a seat, or a place in the line. */
export interface Place {
  readonly entry: 'seated' | 'waiting';
  /** Gives it up. A seat of who was `cut` is kept for their return, for a while. Idempotent. */
  leave(how: 'left' | 'cut'): void;
}

/** Counts since the start, but for the first four, which are of now. */
export interface AdmissionFigures {
  readonly seats: number;
  readonly seated: number;
  /** Seats that are kept for people who were cut. */
  readonly kept: number;
  readonly waiting: number;
  /** Seated at once. */
  readonly fresh: number;
  /** Seated on a seat that was kept for them: they had been cut. */
  readonly returned: number;
  /** Seated after they had waited, and the milliseconds that all of these waited together. */
  readonly admitted: number;
  readonly waitedMs: number;
  /** Left the line. */
  readonly gaveUp: number;
  /** Closed because nothing was open on them. */
  readonly culled: number;
  /** Refused, by code. */
  readonly refused: Readonly<Record<RefusalCode, number>>;
}

/** Why somebody, or a document of theirs, is not let in. */
export type RefusalCode =
  | 'server-full'
  | 'too-many-connections'
  | 'document-full'
  | 'too-many-documents';

interface Waiting {
  readonly guest: Guest;
  readonly since: number;
  position: number;
  toldAt: number;
}

/** A place, without functions of its own: every socket has one. */
class Held implements Place {
  entry: Place['entry'] = 'seated';
  readonly #leave: (place: Held, how: 'left' | 'cut') => void;

  constructor(leave: (place: Held, how: 'left' | 'cut') => void) {
    this.#leave = leave;
  }

  leave(how: 'left' | 'cut'): void {
    this.#leave(this, how);
  }
}

/** Who may be on a server at once; who waits, and for how long. */
export class Admission {
  readonly limits: AdmissionLimits;
  readonly #now: () => number;
  readonly #seats: Seats<Held>;
  readonly #speed = new Speed();
  readonly #waiting = new Map<Held, Waiting>();
  /** Sockets that have a document open, by its name. */
  readonly #documents = new Map<string, number>();
  readonly #refused: Record<RefusalCode, number> = {
    'server-full': 0,
    'too-many-connections': 0,
    'document-full': 0,
    'too-many-documents': 0,
  };
  #fresh = 0;
  #returned = 0;
  #admitted = 0;
  #waitedMs = 0;
  #gaveUp = 0;
  #culled = 0;
  #looking: NodeJS.Timeout | undefined;

  /** @param now milliseconds */
  constructor(limits: AdmissionLimits, now: () => number) {
    this.limits = limits;
    this.#now = now;
    this.#seats = new Seats(limits);
  }

  get figures(): AdmissionFigures {
    return {
      seats: this.limits.seats,
      seated: this.#seats.seated,
      kept: this.#seats.kept,
      waiting: this.#seats.waiting,
      fresh: this.#fresh,
      returned: this.#returned,
      admitted: this.#admitted,
      waitedMs: this.#waitedMs,
      gaveUp: this.#gaveUp,
      culled: this.#culled,
      refused: { ...this.#refused },
    };
  }

  /**
   * A person signed in on a socket. One that has to wait is told its place at once, before this returns.
   * @throws WeftError `too-many-connections`; `server-full` when the line is full too
   */
  enter(person: string, guest: Guest): Place {
    // Whoever was kept a seat for until now must not be in front of the line by it.
    this.#expire();
    const place = new Held(this.#leave);
    const now = this.#now();
    const result = this.#seats.enter(place, person);
    switch (result) {
      case 'seated':
        this.#fresh += 1;
        break;
      case 'returned':
        this.#returned += 1;
        break;
      case 'waiting':
        place.entry = 'waiting';
        this.#speed.begin(now);
        this.#waiting.set(place, { guest, since: now, position: 0, toldAt: now });
        this.#look();
        this.#greet(place, person);
        break;
      case 'server-full':
      case 'too-many-connections':
        this.refused(result);
        throw new WeftError(result);
      default: {
        const unreachable: never = result;
        throw new Error(`Unknown entry: ${String(unreachable)}`);
      }
    }
    return place;
  }

  /** Milliseconds after which whoever found the line full may find a place in it. */
  get comeBack(): number {
    const { least, most } = COME_BACK_MS;
    const wait = this.#speed.wait(Math.ceil(this.#seats.waiting / 10), this.#now()) ?? least;
    return Math.min(most, Math.max(least, wait));
  }

  /** A socket opens a document. Returns whether it may; `leaveDocument` has to follow then. */
  enterDocument(tenant: string, address: Address): boolean {
    const name = streamName(tenant, address);
    const count = this.#documents.get(name) ?? 0;
    if (address.kind === 'document' && count >= this.limits.perDocument) {
      this.refused('document-full');
      return false;
    }
    this.#documents.set(name, count + 1);
    return true;
  }

  leaveDocument(tenant: string, address: Address): void {
    const name = streamName(tenant, address);
    const count = (this.#documents.get(name) ?? 0) - 1;
    if (count > 0) this.#documents.set(name, count);
    else this.#documents.delete(name);
  }

  refused(code: RefusalCode): void {
    this.#refused[code] += 1;
  }

  culled(): void {
    this.#culled += 1;
  }

  /** Nobody is told anything any more. */
  close(): void {
    clearInterval(this.#looking);
    this.#looking = undefined;
  }

  readonly #leave = (place: Held, how: 'left' | 'cut'): void => {
    if (this.#waiting.delete(place)) this.#gaveUp += 1;
    this.#seats.leave(place, how === 'cut' ? this.#now() + this.limits.keptMs : undefined);
    if (this.#seats.kept > 0) this.#look();
    this.#admit();
  };

  #expire(): void {
    if (this.#seats.kept === 0) return;
    this.#seats.expire(this.#now());
    this.#admit();
  }

  #admit(): void {
    const now = this.#now();
    for (const place of this.#seats.admit()) {
      const waiting = this.#waiting.get(place);
      this.#waiting.delete(place);
      this.#admitted += 1;
      this.#waitedMs += now - (waiting?.since ?? now);
      this.#speed.admitted(now);
      place.entry = 'seated';
      waiting?.guest.admitted();
    }
    if (this.#seats.waiting === 0) this.#speed.end();
  }

  #greet(place: Held, person: string): void {
    const waiting = this.#waiting.get(place);
    if (waiting !== undefined) this.#tell(waiting, this.#seats.lastOf(person));
  }

  #look(): void {
    if (this.#looking !== undefined) return;
    this.#looking = setInterval(() => {
      this.#expire();
      this.#tellAll();
      if (this.#seats.waiting === 0 && this.#seats.kept === 0) this.close();
    }, LOOK_MS);
    this.#looking.unref();
  }

  /** The further behind somebody is, the less often a step is news: a long line would be told of all the time. */
  #tellAll(): void {
    const now = this.#now();
    let position = 0;
    for (const place of this.#seats.order()) {
      position += 1;
      const waiting = this.#waiting.get(place);
      if (waiting === undefined) continue;
      const due = Math.min(SIGN_OF_LIFE_MS, Math.max(LOOK_MS, position * 10));
      const silent = now - waiting.toldAt;
      const moved = waiting.position !== position && silent >= due;
      if (moved || silent >= SIGN_OF_LIFE_MS) this.#tell(waiting, position);
    }
  }

  #tell(waiting: Waiting, position: number): void {
    const now = this.#now();
    waiting.position = position;
    waiting.toldAt = now;
    waiting.guest.told(position, this.#speed.wait(position, now));
  }
}
