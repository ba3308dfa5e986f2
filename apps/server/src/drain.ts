import { Worker } from 'node:worker_threads';
import type { Drained, Unstored, WeftServer } from '@weft/server';

/** Milliseconds before the end of the limit at which a drain that is not done gives up, to be out in time. */
const MARGIN_MS = 500;

/**
 * What SIGTERM does: drains, and ends with 0 when everything that was read is stored. A disk that fails or hangs makes
 * it end with 1 and one line that says what is not. Further signals change nothing.
 */
export function stopper(
  server: Pick<WeftServer, 'drain' | 'unstored'>,
  limitMs: number,
): () => void {
  let stopping = false;
  return () => {
    if (stopping) return;
    stopping = true;
    guard(limitMs);
    const late = setTimeout(() => {
      const seconds = limitMs / 1000;
      end(`the shutdown was not done within ${seconds} s; ${unstoredWords(server.unstored)}`);
    }, limitMs - MARGIN_MS);
    server.drain().then(
      (drained) => {
        clearTimeout(late);
        end(failureOf(drained));
      },
      (error: unknown) => end(error instanceof Error ? error.message : String(error)),
    );
  };
}

/** What went wrong in a drain; `undefined` when nothing did. */
export function failureOf({ unstored, health }: Drained): string | undefined {
  if (health.state === 'failing')
    return `the disk fails (${health.reason}); ${unstoredWords(unstored)}`;
  return unstored.length === 0 ? undefined : unstoredWords(unstored);
}

/** Names of documents in the line; the rest is counted. */
const NAMED_MAX = 10;

function unstoredWords(unstored: readonly Unstored[]): string {
  if (unstored.length === 0) return 'nothing that was read is left unstored.';
  const writes = unstored.reduce((sum, each) => sum + each.writes, 0);
  const named = unstored.slice(0, NAMED_MAX).map((each) => `${each.name}: ${each.writes}`);
  if (unstored.length > NAMED_MAX) named.push(`and ${unstored.length - NAMED_MAX} more`);
  const were = writes === 1 ? 'write is' : 'writes are';
  return `${writes} ${were} not stored (${named.join(', ')}); those who sent them keep them.`;
}

function end(failure: string | undefined): void {
  if (failure === undefined) process.exit(0);
  process.stderr.write(`weft: ${failure}\n`);
  process.exit(1);
}

/** Sources run as they are, what was built as JavaScript: the thread has the same ending as this file. */
const GUARD = new URL(
  `./drain-guard${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`,
  import.meta.url,
);

/** A commit that hangs on the event loop holds back every timer on it: a thread of its own keeps the limit. */
function guard(limitMs: number): void {
  new Worker(GUARD, { workerData: limitMs }).unref();
}
