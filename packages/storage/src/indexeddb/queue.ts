import { WeftError } from '@weft/protocol';
import { STORES, failure } from './database.ts';

/** Work on the database inside a transaction; may await requests of that transaction and nothing else. */
export type Work<T> = (transaction: IDBTransaction) => Promise<T>;

interface Job {
  readonly mode: 'readonly' | 'readwrite';
  readonly work: (transaction: IDBTransaction) => Promise<() => void>;
  readonly reject: (error: WeftError) => void;
}

/**
 * Runs work in the order in which it was handed in: gathered per microtask, one transaction in flight, reads and
 * writes never in one (a write that meets the quota must not take a read down with it). y-indexeddb opens one
 * transaction per update, and a burst of 300 edits before a tab closes then loses nearly all of them.
 */
export class Queue {
  readonly #open: () => Promise<IDBDatabase>;
  #database: IDBDatabase | undefined;
  readonly #jobs: Job[] = [];
  #running: Promise<void> | undefined;
  #closed = false;

  constructor(open: () => Promise<IDBDatabase>) {
    this.#open = open;
  }

  /** Resolves after the commit. @throws WeftError `device-failed` */
  run<T>(mode: Job['mode'], work: Work<T>): Promise<T> {
    if (this.#closed) return Promise.reject(new WeftError('device-failed', 'The store is closed.'));
    return new Promise((resolve, reject) => {
      this.#jobs.push({
        mode,
        reject,
        work: async (transaction) => {
          const value = await work(transaction);
          return () => resolve(value);
        },
      });
      this.#running ??= this.#drain();
    });
  }

  /** Resolves when nothing is under way. */
  async flush(): Promise<void> {
    await this.#running;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#running;
    this.#database?.close();
    this.#database = undefined;
  }

  async #drain(): Promise<void> {
    // Everything handed in during this microtask goes into one transaction.
    await Promise.resolve();
    while (this.#jobs.length > 0) {
      // Rejections belong to whoever handed the work in; the queue goes on.
      await this.#runBatch(this.#takeBatch());
    }
    this.#running = undefined;
  }

  #takeBatch(): readonly Job[] {
    const mode = this.#jobs[0]?.mode;
    const other = this.#jobs.findIndex((job) => job.mode !== mode);
    return this.#jobs.splice(0, other === -1 ? this.#jobs.length : other);
  }

  async #runBatch(batch: readonly Job[]): Promise<void> {
    const [first] = batch;
    if (first === undefined) return;
    try {
      const transaction = await this.#begin(first.mode);
      const ended = end(transaction);
      const done: (() => void)[] = [];
      // One after the other: two that read a counter before either has written it would give it out twice.
      for (const job of batch) {
        try {
          done.push(await job.work(transaction));
        } catch (error) {
          // A damaged document must not take another one's load down with it.
          if (job.mode === 'readonly') {
            job.reject(failure(error));
            continue;
          }
          // A failing request aborts the transaction by itself; any other error must too, or half would commit.
          abort(transaction);
          throw error;
        }
      }
      await ended;
      for (const resolve of done) resolve();
    } catch (error) {
      for (const job of batch) job.reject(failure(error));
    }
  }

  async #begin(mode: Job['mode']): Promise<IDBTransaction> {
    const names = Object.values(STORES);
    // Chrome's default is `relaxed`: a commit would then be in the system's memory only.
    const options = { durability: 'strict' } as const;
    try {
      return (await this.#connected()).transaction(names, mode, options);
    } catch (error) {
      if (this.#database === undefined) throw error;
      // The browser closed the database under us (storage cleared, backing store lost): once more, freshly opened.
      this.#database = undefined;
      return (await this.#connected()).transaction(names, mode, options);
    }
  }

  async #connected(): Promise<IDBDatabase> {
    if (this.#database !== undefined) return this.#database;
    const database = await this.#open();
    this.#database = database;
    const forget = () => {
      if (this.#database === database) this.#database = undefined;
    };
    database.onclose = forget;
    // Another tab upgrades or deletes the database: an open connection would block it for ever.
    database.onversionchange = () => {
      database.close();
      forget();
    };
    return database;
  }
}

/** Settles with the transaction. */
function end(transaction: IDBTransaction): Promise<void> {
  const ended = new Promise<void>((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(failure(transaction.error));
  });
  // Taken by `runBatch` in every case; this only says so before it gets there.
  ended.catch(() => undefined);
  return ended;
}

function abort(transaction: IDBTransaction): void {
  try {
    transaction.abort();
  } catch {
    // It is aborted already: that was the error.
  }
}
