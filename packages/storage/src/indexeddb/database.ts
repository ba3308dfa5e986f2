import { WeftError } from '@weft/protocol';
import type { DeviceFailure } from '../device.ts';

/** Object stores of one person's database. */
export const STORES = {
  /**
   * Number (auto) → {document, bytes, changes, crc, waiting?}, with indexes on `document` and on `waiting`: the
   * document's name again while the record has local changes that are not known to be stored. One request keeps a
   * change with all that is known of it: a page that ends has no time for a second.
   */
  updates: 'updates',
  /** Command id → entry. */
  outbox: 'outbox',
  /** Conversation → highest counter given out. */
  counters: 'counters',
  /** Small values of the client. */
  values: 'values',
  /** What the adapter itself remembers: the history. */
  meta: 'meta',
  /** Id → work that no server takes, and what cannot be read. */
  quarantine: 'quarantine',
} as const;

export const DOCUMENT_INDEX = 'document';
export const WAITING_INDEX = 'waiting';

/** 1, 2: what waits was listed in a store of its own, `unstored`, and no record had a checksum. 2: `quarantine`. */
const VERSION = 3;
const FORMER_UNSTORED = 'unstored';

/** How opening stands. */
export interface Opening {
  readonly database: Promise<IDBDatabase>;
  /** Whether another tab holds an older version open. It closes it when it is told, unless it is frozen. */
  readonly blocked: () => boolean;
}

/** Opens the database, and makes it at the first time. Rejects with the browser's error. */
export function openDatabase(factory: IDBFactory, name: string): Opening {
  let blocked = false;
  const database = new Promise<IDBDatabase>((resolve, reject) => {
    const fail = (cause: unknown) => reject(cause instanceof Error ? cause : failure(cause));
    let request: IDBOpenDBRequest;
    try {
      request = factory.open(name, VERSION);
    } catch (cause) {
      // Where storage is forbidden, some browsers throw here instead of firing an error.
      fail(cause);
      return;
    }
    request.onupgradeneeded = () => {
      const { result: opened, transaction } = request;
      if (transaction !== null) upgrade(opened, transaction);
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => fail(request.error);
    request.onblocked = () => {
      blocked = true;
    };
  });
  return { database, blocked: () => blocked };
}

function upgrade(database: IDBDatabase, transaction: IDBTransaction): void {
  for (const name of Object.values(STORES)) {
    if (database.objectStoreNames.contains(name)) continue;
    if (name === STORES.updates) database.createObjectStore(name, { autoIncrement: true });
    else database.createObjectStore(name);
  }
  const updates = transaction.objectStore(STORES.updates);
  for (const index of [DOCUMENT_INDEX, WAITING_INDEX]) {
    if (!updates.indexNames.contains(index)) updates.createIndex(index, index);
  }
  if (!database.objectStoreNames.contains(FORMER_UNSTORED)) return;
  // What fails in here aborts the upgrade: the database stays what it was.
  const listed = transaction.objectStore(FORMER_UNSTORED).getAllKeys();
  listed.onsuccess = () => {
    for (const key of listed.result) {
      if (!Array.isArray(key)) continue;
      const [document, number]: readonly IDBValidKey[] = key;
      if (number === undefined) continue;
      const found: IDBRequest<unknown> = updates.get(number);
      found.onsuccess = () => {
        const record = found.result;
        if (typeof record === 'object' && record !== null) {
          updates.put({ ...record, [WAITING_INDEX]: document }, number);
        }
      };
    }
    database.deleteObjectStore(FORMER_UNSTORED);
  };
}

/** A request's result. */
export function result<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(failure(request.error));
  });
}

/** A request's result; nothing when it failed, which ends no transaction then. */
export function resultOrNothing<T>(request: IDBRequest<T>): Promise<T | undefined> {
  return new Promise((resolve) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = (event) => {
      event.preventDefault();
      resolve(undefined);
    };
  });
}

/** A view is cloned with the whole buffer under it: a frame of megabytes for an update of ten bytes. */
export function alone(bytes: Uint8Array): Uint8Array {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : bytes.slice();
}

/** The error of this port, whatever the browser's was (quota, closed, unknown, …); that one is its `cause`. */
export function failure(cause: unknown): WeftError {
  return cause instanceof WeftError
    ? cause
    : new WeftError('device-failed', cause instanceof Error ? cause.message : undefined, { cause });
}

/** The browser's name for an error, by which alone its kinds are told apart. */
export function nameOf(error: unknown): string {
  if (error instanceof WeftError && error.cause !== undefined) return nameOf(error.cause);
  return error instanceof Error ? error.name : '';
}

/** Why nothing can be kept, from the browser's error. */
export function reasonOf(error: unknown): DeviceFailure {
  switch (nameOf(error)) {
    case 'SecurityError':
    case 'NotAllowedError':
      return 'forbidden';
    case 'VersionError':
      return 'newer';
    case 'NotFoundError':
      return 'damaged';
    case 'QuotaExceededError':
      return 'full';
    default:
      return 'failing';
  }
}
