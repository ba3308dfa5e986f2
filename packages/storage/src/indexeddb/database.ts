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
  /** Id → work that no server takes. */
  quarantine: 'quarantine',
} as const;

export const DOCUMENT_INDEX = 'document';

/** 1: all but `quarantine`. 2: that too. */
const VERSION = 2;

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
      for (const name of Object.values(STORES)) {
        if (database.objectStoreNames.contains(name)) continue;
        if (name === STORES.updates) {
          const updates = database.createObjectStore(name, { autoIncrement: true });
          updates.createIndex(DOCUMENT_INDEX, 'document');
        } else {
          database.createObjectStore(name);
        }
      }
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => fail(request.error);
    // Another tab holds an older version open, and closes it when its transaction in flight has ended (`Queue`): until
    // then there is nothing to do but wait. Failing here would show a document without what the device holds of it.
    request.onblocked = () => undefined;
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
