import type { Transport } from './transport.ts';

/**
 * Frames that came faster than their rate allows: they wait, in order, and nothing further is read meanwhile. So a flood
 * fills its sender's own buffers, and loses nothing.
 */
export class Throttle {
  readonly #wire: Transport;
  readonly #receive: (frame: Uint8Array) => void;
  #waiting: Uint8Array[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(wire: Transport, receive: (frame: Uint8Array) => void) {
    this.#wire = wire;
    this.#receive = receive;
  }

  /** Whether a frame has to stand behind others; it is received again in its turn. */
  holds(frame: Uint8Array): boolean {
    if (this.#timer === undefined) return false;
    // Of what was read already, the last bytes may come after the pause.
    this.#waiting.push(frame);
    return true;
  }

  /** Has a frame wait, and all behind it. @param ms milliseconds */
  wait(frame: Uint8Array, ms: number): void {
    this.#waiting.unshift(frame);
    this.#wire.pause?.();
    this.#timer = setTimeout(() => this.#go(), ms);
    this.#timer.unref();
  }

  /** Lets go of what waits. */
  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#waiting = [];
  }

  #go(): void {
    this.#timer = undefined;
    const frames = this.#waiting;
    this.#waiting = [];
    for (const frame of frames) if (!this.holds(frame)) this.#receive(frame);
    if (this.#timer === undefined) this.#wire.resume?.();
  }
}
