import { WeftError } from '@weft/protocol';
import type { DeviceFailure } from '../device.ts';
import { type Opening, STORES, failure, nameOf, reasonOf } from './database.ts';
import type { DeviceEnvironment } from './environment.ts';

/** Work on the database inside a transaction; may await requests of that transaction and nothing else. */
export type Work<T> = (transaction: IDBTransaction) => Promise<T>;

/** Makes all its requests at once and looks at none; returns what reads the outcome once all is committed. */
export type Issue<T> = (transaction: IDBTransaction) => () => T;

/** `issue`: writes without looking. `write`, `read`: look. Work of different kinds is never in one transaction. */
type Kind = 'issue' | 'write' | 'read';

interface Job {
  readonly kind: Kind;
  /** Does it; returns how to tell, after the commit, whoever waits. */
  readonly run: (transaction: IDBTransaction) => (() => void) | Promise<() => void>;
  readonly reject: (error: WeftError) => void;
  /** It was undone once already by something that may not happen again. */
  tried: boolean;
  /** It was undone with others, and is tried by itself. */
  alone: boolean;
}

export interface QueueOptions {
  readonly env: Pick<DeviceEnvironment, 'timer' | 'onPresence'>;
  readonly open: () => Opening;
  /** Tries to make room after the quota was met. @returns whether writing once more may help */
  readonly makeRoom: (database: IDBDatabase) => Promise<boolean>;
  /** What was opened or committed just now, or why it could not be. */
  readonly told: (outcome: Outcome) => void;
}

export type Outcome =
  | { readonly outcome: 'opened' | 'committed' }
  | { readonly outcome: 'failed'; readonly reason: DeviceFailure };

/** Milliseconds that an open may take. Some browsers never answer; an editor must open all the same. */
export const OPEN_WITHIN = 4_000;

/**
 * Runs work in the order in which it was handed in: gathered per microtask, one transaction at a time, and writes that
 * need not look committed explicitly in the moment in which they begin. y-indexeddb opens one transaction per update and
 * commits none explicitly: a burst of 300 edits before a tab closes then loses nearly all of them. Once the page may end,
 * what waits goes at once into transactions behind the one under way: IndexedDB runs them in the order in which they
 * were begun, and a browser usually still comes to the next one or two.
 */
export class Queue {
  readonly #options: QueueOptions;
  readonly #stopListening: () => void;
  #database: IDBDatabase | undefined;
  #opening: 'no' | 'waiting' | 'given-up' = 'no';
  #jobs: Job[] = [];
  #together = 0;
  #leaving = false;
  #pumping = false;
  /** No transaction begins: room is being made. */
  #held = false;
  readonly #outstanding = new Set<Promise<unknown>>();
  #closed = false;

  constructor(options: QueueOptions) {
    this.#options = options;
    this.#stopListening = options.env.onPresence((presence) => {
      this.#leaving = presence === 'leaving';
      if (this.#leaving) this.#pump(Infinity);
    });
  }

  /** Resolves after the commit. @throws WeftError `device-failed` */
  run<T>(kind: 'read' | 'write', work: Work<T>): Promise<T> {
    return this.#submit(kind, (resolve) => async (transaction) => {
      const value = await work(transaction);
      return () => resolve(value);
    });
  }

  /** Resolves after the commit. @throws WeftError `device-failed` */
  issue<T>(work: Issue<T>): Promise<T> {
    return this.#submit('issue', (resolve) => (transaction) => {
      const outcome = work(transaction);
      return () => resolve(outcome());
    });
  }

  /** Resolves when all that was handed in is committed or has failed. */
  async flush(): Promise<void> {
    await Promise.allSettled(this.#outstanding);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#pump(Infinity);
    await this.flush();
    this.#stopListening();
    this.#database?.close();
    this.#database = undefined;
  }

  #submit<T>(kind: Kind, job: (resolve: (value: T) => void) => Job['run']): Promise<T> {
    if (this.#closed) return Promise.reject(new WeftError('device-failed', 'The store is closed.'));
    const promise = new Promise<T>((resolve, reject) => {
      this.#jobs.push({ kind, run: job(resolve), reject, tried: false, alone: false });
    });
    this.#outstanding.add(promise);
    const ended = () => void this.#outstanding.delete(promise);
    promise.then(ended, ended);
    // It takes its time in another process, while this one goes on.
    if (this.#database === undefined && this.#opening === 'no') this.#connect();
    if (!this.#pumping) {
      this.#pumping = true;
      // Everything handed in during this microtask goes into one transaction.
      queueMicrotask(() => {
        this.#pumping = false;
        this.#pump(this.#leaving || this.#closed ? Infinity : 1);
      });
    }
    return promise;
  }

  /** Begins what waits. @param together transactions that may be under way */
  #pump(together: number): void {
    while (this.#jobs.length > 0 && !this.#held) {
      if (this.#database === undefined) {
        this.#connect();
        return;
      }
      if (this.#together >= together) return;
      this.#begin(this.#database);
    }
  }

  #takeBatch(): readonly Job[] {
    const [first] = this.#jobs;
    const end = this.#jobs.findIndex(
      ({ kind, alone }, at) => kind !== first?.kind || (at > 0 && (alone || first.alone)),
    );
    return this.#jobs.splice(0, end === -1 ? this.#jobs.length : end);
  }

  #begin(database: IDBDatabase): void {
    const batch = this.#takeBatch();
    const kind = batch[0]?.kind ?? 'read';
    let transaction: IDBTransaction;
    try {
      // Chrome's default is `relaxed`: a commit would then be in the system's memory only.
      transaction = database.transaction(
        Object.values(STORES),
        kind === 'read' ? 'readonly' : 'readwrite',
        { durability: 'strict' },
      );
    } catch (error) {
      this.#together += 1;
      void this.#failed(batch, error, database).finally(() => this.#ended());
      return;
    }
    this.#together += 1;
    const done = RUN[kind](transaction, batch);
    done
      .then(
        (tell) => {
          if (kind !== 'read') this.#options.told({ outcome: 'committed' });
          for (const each of tell) each();
        },
        (error: unknown) => this.#failed(batch, error, database),
      )
      .finally(() => this.#ended());
  }

  #ended(): void {
    this.#together -= 1;
    this.#pump(this.#leaving || this.#closed ? Infinity : 1);
  }

  async #failed(batch: readonly Job[], error: unknown, database: IDBDatabase): Promise<void> {
    const again = batch.every(({ tried }) => !tried) && (await this.#mended(error, database));
    if (again) {
      for (const job of batch) job.tried = true;
      this.#jobs = [...batch, ...this.#jobs];
      return;
    }
    const ofWork = error instanceof WorkError;
    if (batch.length > 1) {
      // Each gets a verdict of its own: a damaged document must not take another one's load down with it.
      for (const job of batch) job.alone = true;
      this.#jobs = [...batch, ...this.#jobs];
      return;
    }
    if (!ofWork) this.#options.told({ outcome: 'failed', reason: reasonOf(error) });
    for (const job of batch) job.reject(failure(ofWork ? error.cause : error));
  }

  /** Does what can be done about an error. @returns whether the same may succeed now */
  async #mended(error: unknown, database: IDBDatabase): Promise<boolean> {
    switch (nameOf(error)) {
      // The browser closed the database under us (storage cleared, backing store lost), and undid what was under way.
      case 'InvalidStateError':
      case 'AbortError':
        this.#forget(database);
        return true;
      case 'QuotaExceededError':
        if (this.#held) return false;
        this.#held = true;
        try {
          return await this.#options.makeRoom(database);
        } catch {
          // Then there is no room: that was the error.
          return false;
        } finally {
          this.#held = false;
        }
      default:
        return false;
    }
  }

  #connect(): void {
    if (this.#opening === 'given-up') this.#refuse('unanswered');
    if (this.#opening !== 'no') return;
    this.#opening = 'waiting';
    const { env, open, told } = this.#options;
    const opening = open();
    const stop = env.timer(OPEN_WITHIN, () => {
      this.#opening = 'given-up';
      this.#refuse(opening.blocked() ? 'other-tab' : 'unanswered');
    });
    opening.database.then(
      (database) => {
        stop();
        this.#opening = 'no';
        if (this.#closed && this.#jobs.length === 0) {
          database.close();
          return;
        }
        this.#adopt(database);
        told({ outcome: 'opened' });
        this.#pump(1);
      },
      (error: unknown) => {
        stop();
        this.#opening = 'no';
        this.#refuse(reasonOf(error), error);
      },
    );
  }

  #adopt(database: IDBDatabase): void {
    this.#database = database;
    database.onclose = () => this.#forget(database);
    // Another tab upgrades or deletes the database: an open connection would block it for ever.
    database.onversionchange = () => this.#forget(database);
  }

  /** It is opened again for the next call. What is under way in it ends first. */
  #forget(database: IDBDatabase): void {
    database.close();
    if (this.#database === database) this.#database = undefined;
  }

  #refuse(reason: DeviceFailure, error?: unknown): void {
    this.#options.told({ outcome: 'failed', reason });
    const jobs = this.#jobs;
    this.#jobs = [];
    const why = error === undefined ? new WeftError('device-failed', reason) : failure(error);
    for (const job of jobs) job.reject(why);
  }
}

/** Makes all requests and asks for the commit at once: from here on it happens without us. */
async function issueAll(
  transaction: IDBTransaction,
  jobs: readonly Job[],
): Promise<readonly (() => void)[]> {
  const ended = end(transaction);
  const tell: (() => void)[] = [];
  try {
    for (const job of jobs) {
      const done = job.run(transaction);
      if (typeof done === 'function') tell.push(done);
    }
    transaction.commit();
  } catch (error) {
    abort(transaction);
    throw ofWork(error);
  }
  await ended;
  return tell;
}

/** One after the other: two that read a counter before either has written it would give it out twice. */
function writeAll(
  transaction: IDBTransaction,
  jobs: readonly Job[],
): Promise<readonly (() => void)[]> {
  return looking(transaction, async () => {
    const tell: (() => void)[] = [];
    for (const job of jobs) tell.push(await job.run(transaction));
    return tell;
  });
}

/** All at once: a page that opens asks for this and that, and each answer alone would cost a journey there and back. */
function readAll(
  transaction: IDBTransaction,
  jobs: readonly Job[],
): Promise<readonly (() => void)[]> {
  return looking(transaction, () => Promise.all(jobs.map(async (job) => job.run(transaction))));
}

async function looking(
  transaction: IDBTransaction,
  run: () => Promise<readonly (() => void)[]>,
): Promise<readonly (() => void)[]> {
  const ended = end(transaction);
  let tell: readonly (() => void)[];
  try {
    tell = await run();
  } catch (error) {
    // The request's own error says less than the transaction's (the quota, a database that was closed).
    if (isOfRequest(error)) await ended;
    abort(transaction);
    throw ofWork(error);
  }
  await ended;
  return tell;
}

const RUN = { issue: issueAll, write: writeAll, read: readAll } as const;

/** An error of what is done in a transaction, and not of the device. */
class WorkError extends Error {
  constructor(cause: unknown) {
    super(undefined, { cause });
  }
}

/** The browser throws at once where a database is closing: that is the device's failure, and may be mended. */
function ofWork(error: unknown): unknown {
  const ofDevice = error instanceof DOMException && !OF_VALUES.has(error.name);
  return ofDevice ? error : new WorkError(error);
}

/** What it throws at a value or a key that no database would take. */
const OF_VALUES: ReadonlySet<string> = new Set(['DataCloneError', 'DataError']);

function isOfRequest(error: unknown): boolean {
  return error instanceof WeftError && error.cause instanceof DOMException;
}

/** Settles with the transaction. */
function end(transaction: IDBTransaction): Promise<void> {
  const ended = new Promise<void>((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    // Without an error of its own it was aborted by us, or with the connection.
    transaction.onabort = () =>
      reject(transaction.error ?? new DOMException('The transaction was aborted.', 'AbortError'));
  });
  // Taken by whoever waits for the transaction; this only says so before they get there.
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
