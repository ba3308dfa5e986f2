import { cpus } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';

/** Processors that others may keep busy before a figure says more about them than about a server. */
export const NOISE = 0.3;

/** Milliseconds of one look at the machine, and of waiting for a quiet moment. */
const LOOK = 500;
const PATIENCE = 60_000;

/** Milliseconds of work of all processors since the machine started. */
export function machineBusy(): number {
  return cpus().reduce(
    (sum, { times }) => sum + times.user + times.nice + times.sys + times.irq,
    0,
  );
}

/**
 * Waits until the machine has little else to do, but not for ever. @returns processors that others kept busy in the last
 * look
 */
export async function quietMoment(waiting: (others: number) => void): Promise<number> {
  const end = performance.now() + PATIENCE;
  for (;;) {
    const before = machineBusy();
    const start = performance.now();
    await pause(LOOK);
    const others = (machineBusy() - before) / (performance.now() - start);
    if (others <= NOISE || performance.now() > end) return others;
    waiting(others);
  }
}
