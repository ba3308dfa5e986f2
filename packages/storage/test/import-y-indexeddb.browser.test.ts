import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { IndexeddbPersistence, storeState } from 'y-indexeddb';
import * as Y from 'yjs';
import { openMemoryDevice } from '../src/device-memory/index.ts';
import { importFromYIndexeddb, openIndexedDbDevice } from '../src/indexeddb/index.ts';

const SOURCE = 'weft-test-y-indexeddb';
const DEVICE = 'weft-test-importing-device';
const DOCUMENT = 'document/imported';

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error('The request failed.'));
  });
}

function ended(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error ?? new Error('Aborted.'));
  });
}

async function clean(): Promise<void> {
  await Promise.all([SOURCE, DEVICE].map((name) => settled(indexedDB.deleteDatabase(name))));
}

/** Lets the real package keep a document, and closes it once everything is in its database. */
async function writtenByPackage(
  edit: (doc: Y.Doc) => void,
  afterwards?: (persistence: IndexeddbPersistence) => Promise<unknown>,
): Promise<Y.Doc> {
  const doc = new Y.Doc();
  const persistence = new IndexeddbPersistence(SOURCE, doc);
  await persistence.whenSynced;
  edit(doc);
  await afterwards?.(persistence);
  await persistence.destroy();
  // Closing waits for the package's transactions, and so does an upgrade: none is left when this has opened.
  const database = await settled(indexedDB.open(SOURCE));
  database.close();
  return doc;
}

/** Every record as it lies in the package's database, with its key. */
async function records(): Promise<readonly (readonly [unknown, unknown])[]> {
  const database = await settled(indexedDB.open(SOURCE));
  const updates = database.transaction('updates').objectStore('updates');
  const [keys, values] = await Promise.all([
    settled(updates.getAllKeys()),
    settled(updates.getAll()),
  ]);
  database.close();
  return keys.map((key, at) => [key, values[at]]);
}

async function change(work: (updates: IDBObjectStore) => void): Promise<void> {
  const database = await settled(indexedDB.open(SOURCE));
  const transaction = database.transaction('updates', 'readwrite');
  work(transaction.objectStore('updates'));
  await ended(transaction);
  database.close();
}

function opened(updates: readonly Uint8Array[]): Y.Doc {
  const doc = new Y.Doc();
  for (const update of updates) Y.applyUpdate(doc, update);
  return doc;
}

function typeLetters(doc: Y.Doc, count: number): void {
  const text = doc.getText('text');
  for (let n = 0; n < count; n += 1) text.insert(text.length, String.fromCharCode(97 + (n % 26)));
}

describe('importFromYIndexeddb', () => {
  beforeEach(clean);
  afterEach(clean);

  it('[D2] keeps many updates of the real package as one local change, and leaves the source as it is', async () => {
    const doc = await writtenByPackage((doc) => {
      typeLetters(doc, 300);
      doc.getText('text').delete(10, 20);
      doc.getText('text').format(0, 5, { bold: true });
      doc.getMap('map').set('key', { nested: [1, 2] });
    });
    const before = await records();
    expect(before.length).toBeGreaterThan(300);

    const store = openIndexedDbDevice({ name: DEVICE });
    const done = await importFromYIndexeddb(SOURCE, { store, document: DOCUMENT });
    expect(done).toMatchObject({ outcome: 'imported', lost: { records: 0, dependents: false } });
    await store.close();

    const again = openIndexedDbDevice({ name: DEVICE });
    const kept = await again.load(DOCUMENT);
    expect(kept).toMatchObject({ local: 1, unstored: 1 });
    expect(await again.pending()).toEqual([DOCUMENT]);
    const copy = opened(kept.updates);
    expect(copy.getText('text').toDelta()).toEqual(doc.getText('text').toDelta());
    expect(copy.getMap('map').toJSON()).toEqual({ key: { nested: [1, 2] } });
    expect(Y.encodeStateVector(copy)).toEqual(Y.encodeStateVector(doc));
    await again.close();
    expect(await records()).toEqual(before);
  });

  it('reads what the package trimmed', async () => {
    const doc = await writtenByPackage(
      (doc) => typeLetters(doc, 600),
      async (persistence) => storeState(persistence),
    );
    expect((await records()).length).toBeLessThan(10);
    const store = openMemoryDevice();
    await importFromYIndexeddb(SOURCE, { store, document: DOCUMENT });
    const copy = opened((await store.load(DOCUMENT)).updates);
    expect(copy.getText('text').toString()).toBe(doc.getText('text').toString());
  });

  it('takes over only what the device lacks, however often it is called', async () => {
    await writtenByPackage((doc) => typeLetters(doc, 3));
    const store = openMemoryDevice();
    const request = { store, document: DOCUMENT };
    const first = await importFromYIndexeddb(SOURCE, request);
    expect(await importFromYIndexeddb(SOURCE, request)).toEqual({
      outcome: 'nothing-new',
      lost: { records: 0, dependents: false },
    });
    // The old app goes on for a while, and only deletes.
    await writtenByPackage((doc) => doc.getText('text').delete(0, 1));
    const second = await importFromYIndexeddb(SOURCE, request);
    const kept = await store.load(DOCUMENT);
    expect(kept).toMatchObject({ local: 2, unstored: 2 });
    expect(opened(kept.updates).getText('text').toString()).toBe('bc');
    expect(
      second.outcome === 'imported' && first.outcome === 'imported' && second.bytes,
    ).toBeLessThan(first.outcome === 'imported' ? first.bytes : 0);
  });

  it('joins what the device has of the document already', async () => {
    await writtenByPackage((doc) => doc.getText('text').insert(0, 'there'));
    const store = openMemoryDevice();
    const here = new Y.Doc();
    here.getText('text').insert(0, 'here');
    const bytes = Y.encodeStateAsUpdate(here);
    await store.append({ document: DOCUMENT, bytes, origin: 'remote' });
    await importFromYIndexeddb(SOURCE, { store, document: DOCUMENT });
    const kept = await store.load(DOCUMENT);
    expect(kept.unstored).toBe(1);
    expect(['therehere', 'herethere']).toContain(opened(kept.updates).getText('text').toString());
  });

  it('an empty database writes nothing', async () => {
    await writtenByPackage(() => undefined);
    const store = openMemoryDevice();
    expect(await importFromYIndexeddb(SOURCE, { store, document: DOCUMENT })).toMatchObject({
      outcome: 'nothing-new',
    });
    expect(await store.documents('')).toEqual([]);
  });

  it('a missing database is told of and not made', async () => {
    const store = openMemoryDevice();
    expect(await importFromYIndexeddb(SOURCE, { store, document: DOCUMENT })).toEqual({
      outcome: 'missing',
    });
    const names = (await indexedDB.databases()).map(({ name }) => name);
    expect(names).not.toContain(SOURCE);
  });

  it('a damaged record and what builds on it are left out and told of', async () => {
    await writtenByPackage((doc) => {
      doc.getText('text').insert(0, 'kept');
      doc.getText('text').insert(4, ' lost');
      doc.getText('text').insert(9, ' with it');
      const other = new Y.Doc();
      other.getText('text').insert(0, 'Also ');
      Y.applyUpdate(doc, Y.encodeStateAsUpdate(other));
    });
    const [, , second] = await records();
    await change((updates) => {
      const bytes = second?.[1];
      if (!(bytes instanceof Uint8Array)) throw new Error('The package wrote something else.');
      // Its last byte is missing: such an update throws only after a part of it was taken in.
      updates.put(bytes.slice(0, -1), Number(second?.[0]));
      updates.add('no bytes at all');
    });
    const before = await records();
    const store = openMemoryDevice();
    const done = await importFromYIndexeddb(SOURCE, { store, document: DOCUMENT });
    expect(done).toMatchObject({ outcome: 'imported', lost: { records: 2, dependents: true } });
    const copy = opened((await store.load(DOCUMENT)).updates);
    expect(copy.store.pendingStructs).toBe(null);
    expect(['keptAlso ', 'Also kept']).toContain(copy.getText('text').toString());
    expect(await records()).toEqual(before);
  });

  it('a database of which nothing can be read, or of another kind, is an error and writes nothing', async () => {
    await writtenByPackage(() => undefined);
    await change((updates) => {
      updates.clear();
      updates.add(Uint8Array.of(1, 255));
    });
    const store = openMemoryDevice();
    await expect(importFromYIndexeddb(SOURCE, { store, document: DOCUMENT })).rejects.toMatchObject(
      { code: 'device-failed' },
    );
    await clean();
    const other = indexedDB.open(SOURCE);
    other.onupgradeneeded = () => void other.result.createObjectStore('something');
    (await settled(other)).close();
    await expect(importFromYIndexeddb(SOURCE, { store, document: DOCUMENT })).rejects.toMatchObject(
      { code: 'request-invalid' },
    );
    expect(await store.documents('')).toEqual([]);
  });
});
