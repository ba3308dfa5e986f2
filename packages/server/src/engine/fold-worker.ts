import { parentPort } from 'node:worker_threads';
import { foldUpdates } from './fold.ts';
import { yieldToOthers } from './niceness.ts';
import { unpack } from './packed.ts';
import type { FoldAnswer, FoldRequest } from './folder.ts';

/** Folds off the event loop: a megabyte costs tens of milliseconds, which everybody on the server would wait for. */
yieldToOthers();
parentPort?.on('message', (request: FoldRequest) => {
  answer(request).then(
    (said) => parentPort?.postMessage(said),
    (error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      parentPort?.postMessage({ id: request.id, outcome: 'failed', reason } satisfies FoldAnswer);
    },
  );
});

async function answer({ id, want, packed }: FoldRequest): Promise<FoldAnswer> {
  const updates = unpack(packed);
  if (want === 'fold') return { id, outcome: 'folded', bytes: foldUpdates(updates) };
  // Rarely needed, and much to load.
  const { digestUpdates } = await import('./digest.ts');
  return { id, outcome: 'digested', digest: digestUpdates(updates) };
}
