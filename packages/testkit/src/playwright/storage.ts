import type { BrowserContext, CDPSession, Page } from '@playwright/test';

/** What a browser keeps for this person, and what can become of it. */
export interface PeerStorage {
  /** Turns one bit of what the databases hold of bytes, in the newest records. @returns how many were changed */
  corrupt(options?: CorruptOptions): Promise<number>;
  /**
   * How many bytes the origin may have; nothing gives it back what the browser grants. With 0 the page's writes are
   * refused at once, as on a full device. Of any other number Chromium takes notice within half a minute: so long it
   * trusts what it knows of an open database.
   */
  quota(bytes?: number): Promise<void>;
  /** What a browser does that needs room: everything of the origin goes, under the open pages too. */
  evict(): Promise<void>;
}

export interface CorruptOptions {
  /** Which databases; default all. */
  readonly database?: RegExp;
  /** Records at most; default 1. */
  readonly records?: number;
}

/** @param page the page that stands for the origin: it is asked for anew, as it changes with a crash */
export function peerStorage(page: () => Page, context: () => BrowserContext): PeerStorage {
  const origin = () => new URL(page().url()).origin;
  // The quota is one of the session: it lasts as long as this is attached.
  let holding: CDPSession | undefined;
  let patched: BrowserContext | undefined;
  return {
    corrupt: ({ database = /./, records = 1 } = {}) =>
      page().evaluate(corruptRecords, { source: database.source, records }),
    quota: async (bytes) => {
      await holding?.detach();
      holding = undefined;
      await page().evaluate(
        ([key, full]) => {
          if (full) sessionStorage.setItem(key, '');
          else sessionStorage.removeItem(key);
        },
        [FULL, bytes === 0] as const,
      );
      if (bytes === undefined) return;
      if (bytes === 0) {
        if (patched !== context()) await context().addInitScript(refuseWhenFull, FULL);
        patched = context();
        await page().evaluate(refuseWhenFull, FULL);
        return;
      }
      holding = await context().newCDPSession(page());
      await holding.send('Storage.overrideQuotaForOrigin', { origin: origin(), quotaSize: bytes });
    },
    evict: async () => {
      const session = await context().newCDPSession(page());
      const storageTypes = 'indexeddb,local_storage,cache_storage,service_workers,file_systems';
      await session.send('Storage.clearDataForOrigin', { origin: origin(), storageTypes });
      await session.detach();
    },
  };
}

/** Set in the session of a page that may write nothing more: there it outlasts a reload. */
const FULL = 'weft-testkit-full';

/** Runs in the page, also more than once. */
function refuseWhenFull(key: string): void {
  const marked: object = IDBObjectStore.prototype;
  if (key in marked) return;
  Object.defineProperty(marked, key, { value: true });
  for (const name of ['add', 'put'] as const) {
    const write = IDBObjectStore.prototype[name];
    IDBObjectStore.prototype[name] = function refusing(...values) {
      if (sessionStorage.getItem(key) !== null) {
        throw new DOMException('There is no room.', 'QuotaExceededError');
      }
      return write.apply(this, values);
    };
  }
}

/** Runs in the page. */
async function corruptRecords(options: { source: string; records: number }): Promise<number> {
  const { source, records } = options;
  const done = <T>(request: IDBRequest<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      request.addEventListener('success', () => resolve(request.result));
      request.addEventListener('error', () => reject(request.error ?? new Error('It failed.')));
    });
  /** The bytes in a record, if there are any. */
  const bytesIn = (value: unknown): Uint8Array | undefined => {
    if (value instanceof Uint8Array) return value;
    if (value instanceof ArrayBuffer) return new Uint8Array(value);
    if (typeof value !== 'object' || value === null) return undefined;
    for (const field of Object.values(value)) {
      if (field instanceof Uint8Array) return field;
      if (field instanceof ArrayBuffer) return new Uint8Array(field);
    }
    return undefined;
  };
  let changed = 0;
  const names = (await indexedDB.databases())
    .map(({ name }) => name ?? '')
    .filter((name) => new RegExp(source).test(name));
  for (const name of names) {
    const database = await done(indexedDB.open(name));
    try {
      for (const store of database.objectStoreNames) {
        const transaction = database.transaction(store, 'readwrite');
        const finished = new Promise<void>((resolve, reject) => {
          transaction.addEventListener('complete', () => resolve());
          transaction.addEventListener('abort', () =>
            reject(transaction.error ?? new Error('It was undone.')),
          );
        });
        const request = transaction.objectStore(store).openCursor(null, 'prev');
        request.addEventListener('success', () => {
          const cursor = request.result;
          if (cursor === null || changed >= records) return;
          const value: unknown = cursor.value;
          const bytes = bytesIn(value);
          const at = bytes === undefined ? 0 : Math.floor(bytes.length / 2);
          const byte = bytes?.[at];
          if (bytes !== undefined && byte !== undefined) {
            bytes[at] = byte ^ 1;
            cursor.update(value);
            changed += 1;
          }
          cursor.continue();
        });
        await finished;
      }
    } finally {
      database.close();
    }
  }
  return changed;
}
