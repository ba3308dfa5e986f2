import type { DatabaseSync } from 'node:sqlite';
import type { StorageErrorCode } from '../errors.ts';
import { configure, storageError } from './database.ts';
import { type Answer, type Operation, createOperations } from './operations.ts';

/** What became of a batch: one transaction, one fsync. */
export type BatchResult =
  | { readonly outcome: 'committed'; readonly answers: readonly Answer[]; readonly ms: number }
  | { readonly outcome: 'failed'; readonly code: StorageErrorCode; readonly message: string };

/** Commits batches over a connection of its own. */
export class Writer {
  readonly #file: string;
  readonly #open: () => DatabaseSync;
  #connection:
    | { readonly db: DatabaseSync; readonly run: (operation: Operation) => Answer }
    | undefined;

  constructor(file: string, open: () => DatabaseSync) {
    this.#file = file;
    this.#open = open;
  }

  /** Runs all operations in one transaction, or none. Returns only after the commit is durable. */
  commit(operations: readonly Operation[]): BatchResult {
    const start = performance.now();
    try {
      const { db, run } = this.#connect();
      db.exec('BEGIN IMMEDIATE');
      const answers = operations.map(run);
      db.exec('COMMIT');
      return { outcome: 'committed', answers, ms: performance.now() - start };
    } catch (error) {
      // After a failed write or fsync nobody knows what the medium holds: the connection is given up with its view of
      // it, and the next batch begins from what can be read. Closing rolls back.
      this.close();
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
      configure(db);
      this.#connection = { db, run: createOperations(db) };
    }
    return this.#connection;
  }
}
