import { ATTACK_NAMES } from './adversary/kinds.ts';
import type { Case } from './case.ts';
import { crowd } from './crowd.ts';
import { flood } from './flood.ts';
import { household } from './household.ts';
import { STANDARD, generate, siege } from './generate.ts';

/** One seed in so many is a siege: every attack once, in another order. */
const SIEGE_EVERY = 25;

/** The case of a seed number: what `npm test`, `npm run fuzz` and the hunts for planted bugs all run. */
export function caseOf(seed: number): Case {
  if (seed % SIEGE_EVERY === 0) return siege(String(seed), ATTACK_NAMES);
  if (seed % 23 === 4) return crowd(String(seed));
  if (seed % 23 === 16) return flood(String(seed));
  if (seed % 23 === 11) return household(String(seed));
  return generate(String(seed), STANDARD, ATTACK_NAMES);
}

/** The cases of all seeds from one on. */
export function* casesFrom(seed: number): Generator<Case> {
  for (let next = seed; ; next += 1) yield caseOf(next);
}
