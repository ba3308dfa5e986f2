import { isOutboxEntry } from '@weft/protocol';
import { describeDeviceStoreContract } from '@weft/testkit/contracts';
import { afterEach, describe, expect, it } from 'vitest';
import * as Y from 'yjs';
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

const settled = (request: IDBOpenDBRequest): Promise<unknown> =>
  new Promise((resolve) => {
    request.onsuccess = resolve;
  });

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
    open: async () => openIndexedDbDevice({ name, env: { factory } }),
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
    const store = openIndexedDbDevice({ name, env: { factory } });
    const numbers: Promise<number>[] = [];
    for (let turn = 0; turn < 10; turn += 1) {
      for (let i = 0; i < 30; i += 1) numbers.push(store.append(append(i)));
      await Promise.resolve();
    }
    await Promise.all(numbers);
    expect(counts.writes).toBeLessThanOrEqual(3);
    expect(counts.strict).toBe(true);
    // Another one only behind one that takes longer than a turn.
    expect(counts.together).toBeLessThanOrEqual(2);
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

  it.each([1, 2])(
    '[D2] [D4] a database of version %i is brought up to date with all that is in it, also while a tab has it open',
    async (version) => {
      const request = indexedDB.open(name, version);
      request.onupgradeneeded = () => {
        const updates = request.result.createObjectStore('updates', { autoIncrement: true });
        updates.createIndex('document', 'document');
        const others = [
          'outbox',
          'counters',
          'values',
          'meta',
          ...(version > 1 ? ['quarantine'] : []),
        ];
        for (const store of others) request.result.createObjectStore(store);
        updates.add({ document: 'document/a', bytes: Uint8Array.of(5), changes: 1 });
        updates.add({ document: 'document/a', bytes: Uint8Array.of(6), changes: 2 });
        request.result.createObjectStore('unstored').put(2, ['document/a', 2]);
      };
      await settled(request);
      // As our own queue does, once its transaction in flight has ended.
      request.result.onversionchange = () => queueMicrotask(() => request.result.close());
      const store = openIndexedDbDevice({ name });
      expect(await store.load('document/a')).toEqual({
        updates: [Uint8Array.of(5), Uint8Array.of(6)],
        local: 3,
        unstored: 2,
        unstoredRecords: [2],
        unstoredUpdates: [{ record: 2, bytes: Uint8Array.of(6), changes: 2 }],
      });
      expect(await store.pending()).toEqual(['document/a']);
      expect(await store.quarantined()).toEqual([]);
      await store.close();
    },
  );

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
    const store = openIndexedDbDevice({ name, env: { factory: forbidden } });
    await expect(store.append(append(1))).rejects.toMatchObject({ code: 'device-failed' });
    await store.close();
  });

  /** Changes what lies in the database behind the store's back. */
  async function tamper(change: (transaction: IDBTransaction) => void): Promise<void> {
    const request = indexedDB.open(name);
    await settled(request);
    const transaction = request.result.transaction(request.result.objectStoreNames, 'readwrite');
    change(transaction);
    await new Promise((resolve) => {
      transaction.oncomplete = resolve;
    });
    request.result.close();
  }

  it('[D2] damaged records are set aside as they are and told of once, and all others are read', async () => {
    const store = openIndexedDbDevice({ name });
    await store.append({ ...append(1), origin: 'remote' });
    await store.append(append(2));
    await store.append(append(3));
    await tamper((transaction) => {
      const updates = transaction.objectStore('updates');
      // A bit that turned; the checksum is what it was.
      updates.get(1).onsuccess = ({ target }) => {
        if (target instanceof IDBRequest)
          updates.put({ ...target.result, bytes: Uint8Array.of(9) }, 1);
      };
      updates.add({ document: 'document/a', bytes: 'no bytes', waiting: 'document/a' });
    });
    const healthy = store.load('document/b');
    const loaded = await store.load('document/a');
    expect((await healthy).updates).toEqual([]);
    expect(loaded.updates).toEqual([Uint8Array.of(2), Uint8Array.of(3)]);
    expect(loaded.unstored).toBe(2);
    expect(loaded.damaged).toMatchObject([
      { id: 'damaged-1', document: 'document/a', code: 'record-damaged', bytes: Uint8Array.of(9) },
      { id: 'damaged-4', message: expect.stringContaining('only this device had') },
    ]);
    expect((await store.load('document/a')).damaged).toBeUndefined();
    expect(await store.quarantined()).toEqual(loaded.damaged);
    expect(await store.pending()).toEqual(['document/a']);
    await store.close();
  });

  it('[C7] a damaged message is set aside, and keeps no other from being sent', async () => {
    const store = openIndexedDbDevice({ name });
    // Makes the database.
    await store.set('theme', 'dark');
    await tamper((transaction) => transaction.objectStore('outbox').put({ text: 'hello' }, 'x'));
    expect(await store.outbox(isOutboxEntry)).toEqual([]);
    expect(await store.quarantined()).toMatchObject([
      { id: 'damaged-message-"x"', code: 'record-damaged', text: '{"text":"hello"}' },
    ]);
    expect(await store.outbox(isOutboxEntry)).toEqual([]);
    await store.close();
  });
});

describe('what is jotted down', () => {
  const name = 'weft-test-jottings';
  afterEach(async () => {
    localStorage.clear();
    await remove(name);
  });

  const update = (letter: string) => {
    const doc = new Y.Doc();
    doc.getText('content').insert(0, letter);
    return Y.encodeStateAsUpdate(doc);
  };
  const jot = (bytes: Uint8Array, changes = 1) =>
    ({ document: 'document/a', bytes, origin: 'local', changes }) as const;

  it('[D2] is there when the tab went before anything was committed, as local changes, once', async () => {
    const gone = openIndexedDbDevice({ name, env: { locks: undefined } });
    const [first, second] = [update('a'), update('b')];
    gone.jot(jot(first, 2));
    gone.jot(jot(second));
    const store = openIndexedDbDevice({ name });
    expect(await store.load('document/a')).toMatchObject({ local: 3, unstored: 3 });
    expect(await store.pending()).toEqual(['document/a']);
    await store.close();
    const again = openIndexedDbDevice({ name });
    expect(await again.load('document/a')).toMatchObject({ local: 3, unstored: 3 });
    expect(localStorage).toHaveLength(0);
    await again.close();
    await gone.close();
  });

  it('[D2] counts nothing twice that was committed all the same', async () => {
    const gone = openIndexedDbDevice({ name, env: { locks: undefined } });
    const bytes = update('a');
    gone.jot(jot(bytes));
    await gone.append(jot(bytes));
    const store = openIndexedDbDevice({ name });
    expect(await store.load('document/a')).toMatchObject({ local: 1, unstored: 1 });
    expect(localStorage).toHaveLength(0);
    await Promise.all([gone.close(), store.close()]);
  });

  it('is left to a tab that is there, and erased by it', async () => {
    const there = openIndexedDbDevice({ name });
    const erase = there.jot(jot(update('a')));
    const store = openIndexedDbDevice({ name });
    expect(await store.load('document/a')).toMatchObject({ local: 0 });
    expect(localStorage).toHaveLength(1);
    erase();
    expect(localStorage).toHaveLength(0);
    await Promise.all([there.close(), store.close()]);
  });
});
