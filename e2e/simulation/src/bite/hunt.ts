import type { Case } from '../case.ts';
import { cpuTime } from '../cost.ts';
import type { Violation } from '../ledger/violations.ts';
import { run } from '../run.ts';
import { HUNT_MAX } from './bug.ts';
import type { Universe } from '../universe.ts';

/** What became of a bug. */
export type Catch =
  | {
      readonly outcome: 'caught';
      readonly seed: string;
      readonly violation: Violation;
      readonly runs: number;
      /** CPU milliseconds. */
      readonly cost: number;
    }
  | { readonly outcome: 'escaped'; readonly runs: number; readonly cost: number };

/** Runs cases in a universe until one breaks a law, or the time is up. */
export async function hunt(
  universe: Universe,
  cases: Iterable<Case>,
  budget = HUNT_MAX,
): Promise<Catch> {
  const start = cpuTime();
  const cost = () => Math.round(cpuTime() - start);
  let runs = 0;
  for (const each of cases) {
    if (cost() > budget) break;
    runs += 1;
    const [violation] = (await run(universe, each)).violations;
    if (violation !== undefined) {
      return { outcome: 'caught', seed: each.seed, violation, runs, cost: cost() };
    }
  }
  return { outcome: 'escaped', runs, cost: cost() };
}
