import { parentPort } from 'node:worker_threads';
import { digestUpdates } from './digest.ts';
import { foldUpdates } from './fold.ts';
import type { FoldAnswer, FoldRequest } from './folder.ts';

/** Folds off the event loop: a megabyte costs tens of milliseconds, which everybody on the server would wait for. */
parentPort?.on('message', ({ id, want, updates }: FoldRequest) => {
  let answer: FoldAnswer;
  try {
    answer =
      want === 'fold'
        ? { id, outcome: 'folded', bytes: foldUpdates(updates) }
        : { id, outcome: 'digested', digest: digestUpdates(updates) };
  } catch (error) {
    answer = {
      id,
      outcome: 'failed',
      reason: error instanceof Error ? error.message : String(error),
    };
  }
  parentPort?.postMessage(answer);
});
