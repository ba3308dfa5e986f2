import type { Environment, SocketLike } from '../../src/index.ts';

interface Timer {
  readonly at: number;
  readonly fire: () => void;
}

/** An environment that a test turns by hand. */
export interface ManualEnv extends Environment {
  /** Moves the clock, and fires what is due, in order of time. */
  advance(ms: number): void;
  /** Moves the clock and fires nothing: the tab is frozen. What is due is fired by the next `advance`. */
  freeze(ms: number): void;
  /** What `online` and focus do in a browser. */
  hurry(): void;
  /** Timers that have not fired. */
  readonly timers: number;
}

/** Two clients that draw the same would write under one client id, and differ for ever: each has its own seed. */
let seeds = 0;

/** @param connect makes the client's end of a new socket */
export function manualEnv(
  connect: (url: string, protocol: string) => SocketLike,
  random: () => number = mulberry32((seeds += 1)),
): ManualEnv {
  let now = 1_700_000_000_000;
  const timers = new Set<Timer>();
  const hurries = new Set<() => void>();
  return {
    now: () => now,
    random,
    timer: (ms, fire) => {
      const timer = { at: now + ms, fire };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
    socket: connect,
    onHurry: (hurry) => {
      hurries.add(hurry);
      return () => void hurries.delete(hurry);
    },
    advance: (ms) => {
      const end = now + ms;
      for (;;) {
        const due = [...timers].filter(({ at }) => at <= end).toSorted((a, b) => a.at - b.at)[0];
        if (due === undefined) break;
        timers.delete(due);
        now = Math.max(now, due.at);
        due.fire();
      }
      now = end;
    },
    freeze: (ms) => {
      now += ms;
    },
    hurry: () => {
      for (const hurry of hurries) hurry();
    },
    get timers() {
      return timers.size;
    },
  };
}

/** A small seeded source of draws (public domain algorithm "mulberry32"). */
export function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
