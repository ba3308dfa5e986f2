import type { SimRandom } from './random.ts';
import type { SimProcess, SimScheduler } from './scheduler.ts';

interface Item {
  /** A frame, or the end with its close code. */
  readonly what: Uint8Array | number;
  readonly at: number;
}

/** The code of an end that nobody announced. */
const UNSAID = 1006;

/** What the kernels of both sides hold for a receiver that does not read. */
const KERNEL_BYTES = 64 * 1024;

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
  /** The receiver does not read. */
  #stalled = false;
  #over = false;
  #bytes = 0;
  /** Called once what waited has been read, or never will be. */
  readonly #drained: (() => void)[] = [];
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
    return this.#bytes;
  }

  /** Bytes that have not left the sender: none, as long as the receiver reads. */
  get queued(): number {
    return this.#stalled && !this.#over ? Math.max(0, this.#bytes - KERNEL_BYTES) : 0;
  }

  /** Calls back when nothing waits for the receiver to read: at once, where nothing does. */
  whenDrained(then: () => void): void {
    if (this.queued === 0) then();
    else this.#drained.push(then);
  }

  /** The receiver reads nothing until `read`; the sender is told nothing of it. */
  stall(): void {
    this.#stalled = true;
    this.#cancel?.();
    this.#cancel = undefined;
  }

  /** It reads again. */
  read(): void {
    if (!this.#stalled) return;
    this.#stalled = false;
    this.#arm();
    this.#tellDrained();
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
    this.#bytes = this.#items.reduce((sum, { what }) => sum + sizeOf(what), 0);
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
    this.#bytes = 0;
    this.#cancel?.();
    this.#cancel = undefined;
    this.#tellDrained();
  }

  #tellDrained(): void {
    for (const then of this.#drained.splice(0)) then();
  }

  #push(what: Uint8Array | number): void {
    const { now } = this.#scheduler;
    const last = this.#items.at(-1);
    const together = last !== undefined && this.#sentAt === now && !this.#random.chance(0.1);
    const at = together ? last.at : Math.max(last?.at ?? 0, now + this.#delay());
    this.#sentAt = now;
    this.#items.push({ what, at });
    this.#bytes += sizeOf(what);
    if (this.#items.length === 1) this.#arm();
  }

  #arm(): void {
    const first = this.#items[0];
    if (first === undefined || this.#silent || this.#stalled) return;
    if (this.#over || this.#cancel !== undefined) return;
    const wait = first.at - this.#scheduler.now;
    this.#cancel = this.#scheduler.after(wait, () => this.#arrive(), this.#receiver());
  }

  #arrive(): void {
    this.#cancel = undefined;
    const { now } = this.#scheduler;
    while (!this.#over && !this.#silent && !this.#stalled) {
      const item = this.#items[0];
      if (item === undefined || item.at > now) break;
      this.#items.shift();
      this.#bytes -= sizeOf(item.what);
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

function sizeOf(what: Item['what']): number {
  return typeof what === 'number' ? 0 : what.length;
}
