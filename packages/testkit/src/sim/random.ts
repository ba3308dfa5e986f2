/**
 * Seeded random numbers (sfc32). Every part of a simulation forks a generator of its own by name, so that taking one
 * action out of a failing run does not change what chance deals to all the others.
 */
export interface SimRandom {
  /** Uniform in [0, 1). */
  next(): number;
  /** Uniform integer, both ends included. */
  int(min: number, max: number): number;
  /** True with this probability. */
  chance(probability: number): boolean;
  /** One of them. @throws Error when there is none */
  pick<T>(from: readonly T[]): T;
  /** A generator of its own, fixed by this one's seed and the name alone: not by what was drawn before. */
  fork(name: string): SimRandom;
}

/** @param seed any text or number; equal seeds give equal draws, for ever and on every machine */
export function createRandom(seed: string | number): SimRandom {
  const text = String(seed);
  let a = hash(text, 0x9e3779b9);
  let b = hash(text, 0x243f6a88);
  let c = hash(text, 0xb7e15162);
  let counter = 1;
  const next32 = (): number => {
    const result = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + result) | 0;
    return result >>> 0;
  };
  // The state begins as a hash of the seed; the first draws would still show it.
  for (let round = 0; round < 12; round += 1) next32();
  const random: SimRandom = {
    next: () => next32() / 2 ** 32,
    int: (min, max) => min + Math.floor((next32() / 2 ** 32) * (max - min + 1)),
    chance: (probability) => next32() / 2 ** 32 < probability,
    pick: (from) => {
      const picked = from[Math.floor((next32() / 2 ** 32) * from.length)];
      if (picked === undefined) throw new Error('There is nothing to pick from.');
      return picked;
    },
    fork: (name) => createRandom(`${text}/${name}`),
  };
  return random;
}

/** FNV-1a over UTF-16 units, then mixed (murmur3's finaliser): neighbours in, strangers out. */
function hash(text: string, start: number): number {
  let value = start | 0;
  for (let at = 0; at < text.length; at += 1) {
    value = Math.imul(value ^ text.charCodeAt(at), 0x01000193);
  }
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return value ^ (value >>> 16);
}
