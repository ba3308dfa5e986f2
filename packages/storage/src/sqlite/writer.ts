import type { DatabaseSync } from 'node:sqlite';
import type { StorageErrorCode } from '../errors.ts';
import { configure } from './database.ts';
import { isBusy, storageError } from './failures.ts';
import { type Answer, type Operation, createOperations } from './operations.ts';

/** What became of a batch: one transaction, one fsync. */
export type BatchResult =
  | { readonly outcome: 'committed'; readonly answers: readonly Answer[]; readonly ms: number }
  /** Another connection held the write lock for longer than this one waits. Nothing was begun. */
  | { readonly outcome: 'locked' }
  /** Whether anything of it is durable is not known: the log says, once it can be read. */
  | { readonly outcome: 'failed'; readonly code: StorageErrorCode; readonly message: string };

/** Commits batches over a connection of its own. */
export class Writer {
  readonly #file: string;
  readonly #open: () => DatabaseSync;
  readonly #patience: number;
  #connection:
    | {
        readonly db: DatabaseSync;
        readonly run: (operations: readonly Operation[]) => readonly Answer[];
      }
    | undefined;

  /** @param patience milliseconds to wait for a lock that another connection holds */
  constructor(file: string, open: () => DatabaseSync, patience: number) {
    this.#file = file;
    this.#open = open;
    this.#patience = patience;
  }

  /** Runs all operations in one transaction, or none. Returns only after the commit is durable. */
  commit(operations: readonly Operation[]): BatchResult {
    const start = performance.now();
    let begun = false;
    try {
      const { db, run } = this.#connect();
      db.exec('BEGIN IMMEDIATE');
      begun = true;
      const answers = run(operations);
      db.exec('COMMIT');
      return { outcome: 'committed', answers, ms: performance.now() - start };
    } catch (error) {
      // After a failed write or fsync nobody knows what the medium holds: the connection is given up with its view of
      // it, and the next batch begins from what can be read. Closing rolls back. The same COMMIT is never run again:
      // a kernel that failed an fsync may drop the pages and call the next one a success.
      this.close();
      if (!begun && isBusy(error)) return { outcome: 'locked' };
      const { code, message } = storageError(error, this.#file);
      return { outcome: 'failed', code: code === 'in-use' ? 'failed' : code, message };
    }
  }

  close(): void {
    const open = this.#connection;
    this.#connection = undefined;
    if (open?.db.isOpen === true) open.db.close();
  }

  #connect() {
    if (this.#connection === undefined) {
      const db = this.#open();
      try {
        configure(db, this.#patience);
        // A thread of its own copies the WAL (`checkpointer.ts`): within a commit it would hold up everybody.
        db.exec('PRAGMA wal_autocheckpoint = 0');
        this.#connection = { db, run: createOperations(db) };
      } catch (error) {
        db.close();
        throw error;
      }
    }
    return this.#connection;
  }
}
