import { DatabaseSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import type { WriterRequest } from './group-commit.ts';
import { Writer } from './writer.ts';

/** Milliseconds that a commit waits for another connection's lock: nobody else waits with it here. */
const PATIENCE_MS = 2_000;

/** Commits in a thread of its own: an fsync may take ten milliseconds, and the event loop must not wait for it. */
const file: unknown = workerData;
if (typeof file !== 'string') throw new TypeError('The writing thread needs a file.');
const writer = new Writer(file, () => new DatabaseSync(file), PATIENCE_MS);

parentPort?.on('message', (request: WriterRequest) => {
  if (request.type === 'close') {
    writer.close();
    parentPort?.close();
  } else {
    parentPort?.postMessage(writer.commit(request.operations));
  }
});
