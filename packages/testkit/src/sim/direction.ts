import type { SimRandom } from './random.ts';
import type { SimProcess, SimScheduler } from './scheduler.ts';

interface Item {
  /** A frame, or the end with its close code. */
  readonly what: Uint8Array | number;
  readonly at: number;
}

/** The code of an end that nobody announced. */
const UNSAID = 1006;

/**
 * One way of a socket: frames in their order, each some time under way. What was sent in one turn mostly arrives in
 * one turn, as with a real socket, and is handed over without a microtask in between.
 */
export class Direction {
  readonly #scheduler: SimScheduler;
  readonly #random: SimRandom;
  readonly #delay: () => number;
  readonly #deliver: (frame: Uint8Array) => void;
  readonly #finished: (code: number) => void;
  readonly #sent: (frame: Uint8Array) => void;
  /** Who receives; its death ends the delivery. */
  readonly #receiver: () => SimProcess | undefined;
  #items: Item[] = [];
  #sentAt = -1;
  #silent = false;
  #over = false;
  #cancel: (() => void) | undefined;

  constructor(options: {
    readonly scheduler: SimScheduler;
    readonly random: SimRandom;
    readonly delay: () => number;
    readonly receiver: () => SimProcess | undefined;
    readonly sent: (frame: Uint8Array) => void;
    readonly deliver: (frame: Uint8Array) => void;
    /** The end was reached: nothing follows. */
    readonly finished: (code: number) => void;
  }) {
    this.#scheduler = options.scheduler;
    this.#random = options.random;
    this.#delay = options.delay;
    this.#receiver = options.receiver;
    this.#sent = options.sent;
    this.#deliver = options.deliver;
    this.#finished = options.finished;
  }

  /** Bytes on their way. */
  get bytes(): number {
    return this.#items.reduce(
      (sum, { what }) => sum + (typeof what === 'number' ? 0 : what.length),
      0,
    );
  }

  /** Nothing is on its way, or nothing ever arrives. */
  get idle(): boolean {
    return this.#items.length === 0 || this.#over;
  }

  send(frame: Uint8Array): void {
    if (this.#over) return;
    this.#sent(frame);
    this.#push(frame);
  }

  /** Ends this way behind everything that is on it. */
  finish(code = UNSAID): void {
    if (!this.#over) this.#push(code);
  }

  /** Some of what is on its way still arrives, then the end. */
  cut(): void {
    if (this.#over) return;
    // What was held while it was silent is lost for certain: the socket never comes back.
    const kept = this.#silent ? 0 : this.#random.int(0, this.#items.length);
    this.#items = this.#items.slice(0, kept).filter(({ what }) => typeof what !== 'number');
    this.#silent = false;
    this.finish();
  }

  silence(): void {
    this.#silent = true;
    this.#cancel?.();
    this.#cancel = undefined;
  }

  /** What was held goes on its way again. */
  speak(): void {
    if (!this.#silent) return;
    this.#silent = false;
    this.#arm();
  }

  /** Nothing arrives any more, the end neither. */
  stop(): void {
    this.#over = true;
    this.#items = [];
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #push(what: Uint8Array | number): void {
    const { now } = this.#scheduler;
    const last = this.#items.at(-1);
    const together = last !== undefined && this.#sentAt === now && !this.#random.chance(0.1);
    const at = together ? last.at : Math.max(last?.at ?? 0, now + this.#delay());
    this.#sentAt = now;
    this.#items.push({ what, at });
    if (this.#items.length === 1) this.#arm();
  }

  #arm(): void {
    const first = this.#items[0];
    if (first === undefined || this.#silent || this.#over || this.#cancel !== undefined) return;
    const wait = first.at - this.#scheduler.now;
    this.#cancel = this.#scheduler.after(wait, () => this.#arrive(), this.#receiver());
  }

  #arrive(): void {
    this.#cancel = undefined;
    const { now } = this.#scheduler;
    while (!this.#over && !this.#silent) {
      const item = this.#items[0];
      if (item === undefined || item.at > now) break;
      this.#items.shift();
      if (typeof item.what === 'number') {
        this.#over = true;
        this.#finished(item.what);
        return;
      }
      this.#deliver(item.what);
    }
    this.#arm();
  }
}
