import { type FrameHead, FrameStream } from './frame-stream.ts';
import type { Held } from './link.ts';

/** What becomes of a message on its way. */
export type FrameFate = 'pass' | 'drop' | 'twice';

/** A message that a proxy saw. */
export interface SeenFrame extends FrameHead {
  /** UTC milliseconds. */
  readonly at: number;
  readonly way: 'up' | 'down';
  readonly fate: FrameFate;
}

/** How many of the messages that come next are lost or doubled. */
export class FrameFaults {
  #drop = { up: 0, down: 0 };
  #twice = { up: 0, down: 0 };
  #both = { drop: 0, twice: 0 };
  readonly #seen: (frame: SeenFrame) => void;

  constructor(seen: (frame: SeenFrame) => void) {
    this.#seen = seen;
  }

  /** The next `count` messages in a direction; with `both`, whichever way they go. */
  drop(count: number, way: Held): void {
    if (way === 'both') this.#both.drop += count;
    else this.#drop[way] += count;
  }

  twice(count: number, way: Held): void {
    if (way === 'both') this.#both.twice += count;
    else this.#twice[way] += count;
  }

  /** Forgets what was ordered and has not happened. */
  clear(): void {
    this.#drop = { up: 0, down: 0 };
    this.#twice = { up: 0, down: 0 };
    this.#both = { drop: 0, twice: 0 };
  }

  /** One direction of one WebSocket. */
  stream(way: 'up' | 'down'): FrameStream {
    return new FrameStream((head) => {
      const fate = this.#next(way);
      this.#seen({ ...head, at: Date.now(), way, fate });
      return fate;
    });
  }

  #next(way: 'up' | 'down'): FrameFate {
    if (this.#drop[way] > 0) {
      this.#drop[way] -= 1;
      return 'drop';
    }
    if (this.#both.drop > 0) {
      this.#both.drop -= 1;
      return 'drop';
    }
    if (this.#twice[way] > 0) {
      this.#twice[way] -= 1;
      return 'twice';
    }
    if (this.#both.twice > 0) {
      this.#both.twice -= 1;
      return 'twice';
    }
    return 'pass';
  }
}
