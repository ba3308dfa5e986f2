import { type SimRandom, createRandom } from './sim/random.ts';

/** How slow a line is. */
export interface Slowness {
  /** Milliseconds that everything takes, each way. */
  readonly latency?: number;
  /** Milliseconds on top, at most: drawn anew for what comes next. The order stays, as in TCP. */
  readonly jitter?: number;
  /** Bytes in a second, each way. */
  readonly rate?: number;
}

/** Bytes on their way at most: beyond them the sender's own buffer fills, as behind a real slow line. */
const IN_FLIGHT = 64 * 1024;

/** One direction of a connection that takes its time. */
export class SlowLane {
  readonly #slowness: () => Slowness | undefined;
  readonly #write: (bytes: Buffer) => void;
  readonly #random: SimRandom;
  #queue: { readonly bytes: Buffer; readonly due: number }[] = [];
  #waiting = 0;
  #lastDue = 0;
  #timer: NodeJS.Timeout | undefined;
  #drained: (() => void)[] = [];
  #held = false;

  /** @param slowness asked for each piece: nothing is a line that takes no time */
  constructor(
    slowness: () => Slowness | undefined,
    write: (bytes: Buffer) => void,
    seed: string | number,
  ) {
    this.#slowness = slowness;
    this.#write = write;
    this.#random = createRandom(seed);
  }

  /** Whether there is room for more; `onRoom` tells when there is again. */
  get full(): boolean {
    return this.#waiting >= IN_FLIGHT;
  }

  get empty(): boolean {
    return this.#queue.length === 0;
  }

  onRoom(call: () => void): void {
    this.#drained.push(call);
  }

  push(bytes: Buffer): void {
    const slowness = this.#slowness();
    // What is behind something slow waits for it: nothing overtakes.
    if (slowness === undefined && this.empty && !this.#held) {
      this.#write(bytes);
      return;
    }
    const { latency = 0, jitter = 0, rate } = slowness ?? {};
    const now = Date.now();
    const transfer = rate === undefined ? 0 : (bytes.length / rate) * 1_000;
    const arrives = now + latency + this.#random.next() * jitter;
    const due = Math.max(arrives, this.#lastDue) + transfer;
    this.#lastDue = due;
    this.#queue.push({ bytes: Buffer.from(bytes), due });
    this.#waiting += bytes.length;
    this.#arm();
  }

  /** Keeps what is on its way, or lets it go on. */
  hold(held: boolean): void {
    this.#held = held;
    if (!held) this.#arm();
  }

  /** Hands everything on at once. */
  flush(): void {
    if (this.#held) return;
    this.#lastDue = 0;
    const queue = this.#queue;
    this.#queue = [];
    this.#waiting = 0;
    for (const { bytes } of queue) this.#write(bytes);
    this.#tell();
  }

  /** Nothing more leaves. */
  clear(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#queue = [];
    this.#waiting = 0;
    this.#drained = [];
  }

  #arm(): void {
    const [first] = this.#queue;
    if (first === undefined || this.#timer !== undefined || this.#held) return;
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        this.#release();
      },
      Math.max(0, first.due - Date.now()),
    );
  }

  #release(): void {
    if (this.#held) return;
    const now = Date.now();
    let [first] = this.#queue;
    while (first !== undefined && first.due <= now) {
      this.#queue.shift();
      this.#waiting -= first.bytes.length;
      this.#write(first.bytes);
      [first] = this.#queue;
    }
    if (!this.full) this.#tell();
    this.#arm();
  }

  #tell(): void {
    const waiting = this.#drained;
    this.#drained = [];
    for (const call of waiting) call();
  }
}
