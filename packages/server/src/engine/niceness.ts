import { readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { constants, setPriority } from 'node:os';

/**
 * Lets this thread work only with what others leave of the processors: where there are few of them it would take its
 * share from the event loop. Linux keeps a priority for each thread, under the id that `/proc` tells it; elsewhere a
 * priority is the whole process's, and stays what it is.
 */
export function yieldToOthers(): void {
  if (process.platform !== 'linux') return;
  try {
    setPriority(
      Number(basename(readlinkSync('/proc/thread-self'))),
      constants.priority.PRIORITY_LOW,
    );
  } catch {
    // No /proc, or not permitted: it works on as everybody does.
  }
}
