import { describeDeviceStoreContract } from '@weft/testkit/contracts';
import { afterEach, describe, expect, it } from 'vitest';
import { openIndexedDbDevice } from '../src/indexeddb/index.ts';

let databases = 0;
const freshName = () => `weft-test-${(databases += 1)}`;

function remove(name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.deleteDatabase(name);
    request.onsuccess = () => resolve();
    request.onerror = () =>
      reject(request.error ?? new Error('The database could not be deleted.'));
  });
}

/** The browser's factory, counting the transactions that may write, and opening what a test wants it to open. */
function countingFactory() {
  const counts = { writes: 0, reads: 0, strict: true, together: 0, open: 0 };
  const factory: IDBFactory = {
    cmp: (a, b) => indexedDB.cmp(a, b),
    databases: () => indexedDB.databases(),
    deleteDatabase: (name) => indexedDB.deleteDatabase(name),
    open: (name, version) => {
      const request = indexedDB.open(name, version);
      request.addEventListener('success', () => {
        const database = request.result;
        const begin = database.transaction.bind(database);
        database.transaction = (stores, mode, options) => {
          const transaction = begin(stores, mode, options);
          counts[mode === 'readwrite' ? 'writes' : 'reads'] += 1;
          if (mode === 'readwrite' && transaction.durability !== 'strict') counts.strict = false;
          counts.open += 1;
          counts.together = Math.max(counts.together, counts.open);
          const ended = () => void (counts.open -= 1);
          transaction.addEventListener('complete', ended);
          transaction.addEventListener('abort', ended);
          return transaction;
        };
      });
      return request;
    },
  };
  return { factory, counts };
}

describeDeviceStoreContract('IndexedDB', async () => {
  const name = freshName();
  const { factory, counts } = countingFactory();
  return {
    open: async () => openIndexedDbDevice({ name, factory }),
    writes: () => counts.writes,
    dispose: () => remove(name),
  };
});

describe('IndexedDB device', () => {
  const name = 'weft-test-device';
  afterEach(() => remove(name));

  const append = (value: number) =>
    ({ document: 'document/a', bytes: Uint8Array.of(value), origin: 'local' }) as const;

  it('[D2] gathers a burst into few strict transactions, one at a time', async () => {
    const { factory, counts } = countingFactory();
    const store = openIndexedDbDevice({ name, factory });
    const numbers: Promise<number>[] = [];
    for (let turn = 0; turn < 10; turn += 1) {
      for (let i = 0; i < 30; i += 1) numbers.push(store.append(append(i)));
      await Promise.resolve();
    }
    await Promise.all(numbers);
    expect(counts.writes).toBeLessThanOrEqual(3);
    expect(counts.strict).toBe(true);
    expect(counts.together).toBe(1);
    await store.close();
  });

  it('lets another tab delete or upgrade the database, and opens it again for the next call', async () => {
    const store = openIndexedDbDevice({ name });
    await store.append(append(1));
    await remove(name);
    expect((await store.load('document/a')).updates).toEqual([]);
    await store.append(append(2));
    expect((await store.load('document/a')).updates).toEqual([Uint8Array.of(2)]);
    await store.close();
  });

  it('[D4] a database of version 1 is brought up to date with all that is in it, also while a tab has it open', async () => {
    const request = indexedDB.open(name, 1);
    request.onupgradeneeded = () => {
      const updates = request.result.createObjectStore('updates', { autoIncrement: true });
      updates.createIndex('document', 'document');
      for (const store of ['unstored', 'outbox', 'counters', 'values', 'meta']) {
        request.result.createObjectStore(store);
      }
      updates.add({ document: 'document/a', bytes: Uint8Array.of(5), changes: 1 });
    };
    await new Promise((resolve) => {
      request.onsuccess = resolve;
    });
    // As our own queue does, once its transaction in flight has ended.
    request.result.onversionchange = () => queueMicrotask(() => request.result.close());
    const store = openIndexedDbDevice({ name });
    expect((await store.load('document/a')).updates).toEqual([Uint8Array.of(5)]);
    expect(await store.quarantined()).toEqual([]);
    await store.close();
  });

  it('[D2] a database that cannot be opened rejects each call and throws into none', async () => {
    const newer = indexedDB.open(name, 99);
    await new Promise((resolve) => {
      newer.onsuccess = resolve;
    });
    const store = openIndexedDbDevice({ name });
    const writing = store.append(append(1));
    await expect(writing).rejects.toMatchObject({ code: 'device-failed' });
    await expect(store.load('document/a')).rejects.toMatchObject({ code: 'device-failed' });
    await store.flush();
    await store.close();
    newer.result.close();
  });

  it('[D2] storage that is forbidden rejects too', async () => {
    const forbidden = countingFactory().factory;
    forbidden.open = () => {
      throw new DOMException('forbidden', 'SecurityError');
    };
    const store = openIndexedDbDevice({ name, factory: forbidden });
    await expect(store.append(append(1))).rejects.toMatchObject({ code: 'device-failed' });
    await store.close();
  });

  it('a damaged record rejects the load instead of hanging it', async () => {
    const store = openIndexedDbDevice({ name });
    await store.append(append(1));
    await store.close();
    const request = indexedDB.open(name);
    await new Promise((resolve) => {
      request.onsuccess = resolve;
    });
    const transaction = request.result.transaction('updates', 'readwrite');
    transaction.objectStore('updates').add({ document: 'document/a', bytes: 'no bytes' });
    await new Promise((resolve) => {
      transaction.oncomplete = resolve;
    });
    request.result.close();
    const again = openIndexedDbDevice({ name });
    const healthy = again.load('document/b');
    await expect(again.load('document/a')).rejects.toMatchObject({ code: 'device-failed' });
    expect((await healthy).updates).toEqual([]);
    await again.close();
  });
});
