import { cpus } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';

/** Processors that others may keep busy before a figure says more about them than about a server. */
export const NOISE = 0.3;

/** Milliseconds of one look at the machine. */
const LOOK = 500;

/** Milliseconds of work of all processors since the machine started. */
export function machineBusy(): number {
  return cpus().reduce(
    (sum, { times }) => sum + times.user + times.nice + times.sys + times.irq,
    0,
  );
}

/**
 * Waits until the machine has little else to do, but at most `patience` milliseconds. @returns how long it waited
 */
export async function quietMoment(
  patience: number,
  waiting: (others: number) => void,
): Promise<number> {
  const began = performance.now();
  for (;;) {
    const before = machineBusy();
    const start = performance.now();
    await pause(LOOK);
    const others = (machineBusy() - before) / (performance.now() - start);
    const waited = performance.now() - began;
    if (others <= NOISE || waited > patience) return waited;
    waiting(others);
  }
}
