import { openIndexedDbDevice } from '@weft/storage/indexeddb';
import { afterEach, describe, expect, it } from 'vitest';
import { createWeft } from '../src/index.ts';
import { bench, until, untilDoc, untilState } from './kit/setup.ts';

const NAME = 'weft-client-test';
const store = () => openIndexedDbDevice({ name: NAME });

/** How many records of each kind the database holds; `waiting`: with changes that are not known to be stored. */
async function records(): Promise<Record<string, number>> {
  const request = indexedDB.open(NAME);
  await new Promise((resolve) => {
    request.onsuccess = resolve;
  });
  const counts: Record<string, number> = {};
  for (const name of request.result.objectStoreNames) {
    const count = request.result.transaction(name).objectStore(name).count();
    await new Promise((resolve) => {
      count.onsuccess = resolve;
    });
    counts[name] = count.result;
  }
  const waiting = request.result
    .transaction('updates')
    .objectStore('updates')
    .index('waiting')
    .count();
  await new Promise((resolve) => {
    waiting.onsuccess = resolve;
  });
  counts['waiting'] = waiting.result;
  request.result.close();
  return counts;
}

/** Every record of the database, byte for byte. */
async function contents(): Promise<string> {
  const request = indexedDB.open(NAME);
  await new Promise((resolve) => {
    request.onsuccess = resolve;
  });
  const stores: unknown[] = [];
  for (const name of request.result.objectStoreNames) {
    const store = request.result.transaction(name).objectStore(name);
    const [keys, values] = [store.getAllKeys(), store.getAll()];
    await new Promise((resolve) => {
      values.onsuccess = resolve;
    });
    stores.push([name, keys.result, values.result]);
  }
  request.result.close();
  const bytesToo = (_: string, value: unknown) =>
    value instanceof Uint8Array ? [...value] : value;
  return JSON.stringify(stores, bytesToo);
}

describe('a client on IndexedDB', () => {
  afterEach(async () => {
    await new Promise<void>((resolve, reject) => {
      const request = indexedDB.deleteDatabase(NAME);
      request.onsuccess = () => resolve();
      request.onerror = () => reject(request.error ?? new Error('The database was not deleted.'));
    });
  });

  it('[D2] [C7] what reads local is there after a reload, unstored and in order', async () => {
    const first = bench({ store: store(), connect: false });
    const before = first.weft.document('spec');
    await before.loaded;
    for (let i = 0; i < 20; i += 1) {
      before.doc.getText('content').insert(i, String(i % 10));
      await Promise.resolve();
    }
    await untilState(before.status, 'local');
    const id = await first.weft.conversation('general').send('queued');
    // The first client is not closed: its tab was killed.
    const { weft, server } = bench({ store: store() });
    const handle = weft.document('spec');
    const room = weft.conversation('general');
    await Promise.all([handle.loaded, room.loaded]);
    expect(handle.doc.getText('content').toJSON()).toBe('01234567890123456789');
    expect(handle.status.get()).toEqual({ state: 'local', waiting: 20 });
    expect(room.timeline.get().map((item) => item.id)).toEqual([id]);
    await server.write();
    server.socket.store();
    await untilState(handle.status, 'stored');
    await weft.flush();
    expect(await records()).toMatchObject({ waiting: 0, outbox: 1 });
  });

  it('[D4] fifty opens leave every byte of the database as it was', async () => {
    let last = bench({ store: store() });
    last.server.commits = true;
    const handle = last.weft.document('spec');
    await handle.synced;
    handle.doc.getText('content').insert(0, 'x'.repeat(10_000));
    await untilState(handle.status, 'stored');
    last.server.edit('document/spec', (doc) => doc.getText('content').insert(0, 'y'));
    await untilDoc(handle.doc, () => handle.doc.getText('content').length === 10_001);
    await last.weft.close();
    const before = await contents();
    for (let times = 0; times < 50; times += 1) {
      last = bench({ store: store(), server: last.server });
      await last.weft.document('spec').synced;
      await last.weft.close();
    }
    expect(await contents()).toBe(before);
  });

  it('the default database is of the server and the person, and needs to know who that is', async () => {
    const { server } = bench({ connect: false });
    const options = {
      url: 'ws://host.invalid/sync',
      token: () => 'x',
      env: { socket: server.connect },
    };
    expect(() => createWeft(options)).toThrow(expect.objectContaining({ code: 'request-invalid' }));
    const weft = createWeft({ ...options, person: { sub: 'ann', name: 'Ann' } });
    await untilState(weft.connection, 'online');
    await until(weft.pending, (count) => count === 0);
    await weft.close();
    const names = (await indexedDB.databases()).map(({ name }) => name);
    expect(names).toContain('weft:host.invalid:_:ann');
    indexedDB.deleteDatabase('weft:host.invalid:_:ann');
  });
});
