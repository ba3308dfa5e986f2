import { WeftError } from '@weft/protocol';

/** Object stores of one person's database. */
export const STORES = {
  /** Number (auto) → {document, bytes, changes}, with an index on `document`. */
  updates: 'updates',
  /** [document, number] → changes: the records with local changes that are not known to be stored. */
  unstored: 'unstored',
  /** Command id → entry. */
  outbox: 'outbox',
  /** Conversation → highest counter given out. */
  counters: 'counters',
  /** Small values of the client. */
  values: 'values',
  /** What the adapter itself remembers: the history. */
  meta: 'meta',
} as const;

export const DOCUMENT_INDEX = 'document';

const VERSION = 1;

/** Opens the database, and makes it at the first time. @throws WeftError `device-failed` */
export function openDatabase(factory: IDBFactory, name: string): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const fail = (cause: unknown) => reject(failure(cause));
    let request: IDBOpenDBRequest;
    try {
      request = factory.open(name, VERSION);
    } catch (cause) {
      // Where storage is forbidden, some browsers throw here instead of firing an error.
      fail(cause);
      return;
    }
    request.onupgradeneeded = () => {
      const database = request.result;
      const updates = database.createObjectStore(STORES.updates, { autoIncrement: true });
      updates.createIndex(DOCUMENT_INDEX, 'document');
      database.createObjectStore(STORES.unstored);
      database.createObjectStore(STORES.outbox);
      database.createObjectStore(STORES.counters);
      database.createObjectStore(STORES.values);
      database.createObjectStore(STORES.meta);
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => fail(request.error);
    // Cannot happen at version 1; if it does, waiting for another tab could take for ever.
    request.onblocked = () => fail(new Error('Another tab holds an older version open.'));
  });
}

/** A request's result. */
export function result<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(failure(request.error));
  });
}

/** The error of this port, whatever the browser's was (quota, closed, unknown, …). */
export function failure(cause: unknown): WeftError {
  return cause instanceof WeftError
    ? cause
    : new WeftError('device-failed', cause instanceof Error ? cause.message : undefined, { cause });
}
