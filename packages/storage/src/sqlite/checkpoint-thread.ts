import { DatabaseSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import type { CheckpointResult } from './checkpointer.ts';

/** Milliseconds to wait for another checkpoint, that of a back-up for instance. */
const PATIENCE_MS = 2_000;

/**
 * Copies committed pages from the WAL into the database, beside the commits: a passive checkpoint waits for nobody, and
 * nobody for it. It syncs the WAL before it copies and the database before any of the WAL is used again (SQLite, "WAL
 * mode", section 3), whichever connection runs it.
 */
const file: unknown = workerData;
if (typeof file !== 'string') throw new TypeError('The checkpointing thread needs a file.');
const path = file;
let db: DatabaseSync | undefined;

function connect(): DatabaseSync {
  const opened = new DatabaseSync(path);
  opened.exec(`PRAGMA busy_timeout = ${PATIENCE_MS}; PRAGMA synchronous = FULL`);
  return opened;
}

function checkpoint(): CheckpointResult {
  try {
    db ??= connect();
    const row = db.prepare('PRAGMA wal_checkpoint(PASSIVE)').get();
    return { outcome: 'done', pages: Number(row?.['log'] ?? 0) };
  } catch (error) {
    // What a failed sync left in the kernel is not known: the next attempt begins from the files.
    db?.close();
    db = undefined;
    return { outcome: 'failed', reason: error instanceof Error ? error.message : String(error) };
  }
}

parentPort?.on('message', (request: 'checkpoint' | 'close') => {
  if (request === 'checkpoint') {
    parentPort?.postMessage(checkpoint());
  } else {
    db?.close();
    parentPort?.close();
  }
});
