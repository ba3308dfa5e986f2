import { DatabaseSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import type { TextAnswer, TextRequest } from './text-searcher.ts';
import { createTextFinder } from './texts.ts';

/** Searches in a thread of its own: a word that is everywhere takes its time, and the event loop must not wait for it. */
const file: unknown = workerData;
if (typeof file !== 'string') throw new TypeError('The searching thread needs a file.');
const path = file;

/** Milliseconds to wait for a lock: readers of a WAL hardly ever meet one. */
const PATIENCE_MS = 2_000;

let open:
  | { readonly db: DatabaseSync; readonly finder: ReturnType<typeof createTextFinder> }
  | undefined;

function finder() {
  if (open === undefined) {
    const db = new DatabaseSync(path, { readOnly: true, timeout: PATIENCE_MS });
    open = { db, finder: createTextFinder(db) };
  }
  return open.finder;
}

function answer(request: Exclude<TextRequest, { type: 'close' }>): TextAnswer {
  const { id } = request;
  try {
    return request.type === 'find'
      ? { id, outcome: 'found', found: finder().find(request.query) }
      : { id, outcome: 'newest', place: finder().newest() };
  } catch (error) {
    // The next search begins from the file.
    open?.db.close();
    open = undefined;
    return {
      id,
      outcome: 'failed',
      reason: error instanceof Error ? error.message : String(error),
    };
  }
}

parentPort?.on('message', (request: TextRequest) => {
  if (request.type !== 'close') parentPort?.postMessage(answer(request));
  else {
    open?.db.close();
    parentPort?.close();
  }
});
