import { SimIndexedDb, SimJottings, type SimTab, createRandom } from '@weft/testkit/sim';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import * as Y from 'yjs';
import { type DeviceEnvironment, openIndexedDbDevice } from '../src/indexeddb/index.ts';

const NAME = 'weft-bad-days';
const tab: SimTab = {
  later: (_ms, run) => void setImmediate(run),
  alive: () => true,
  random: createRandom('bad days'),
};

/** A store on a simulated browser, whose timers are fired by hand. */
function bench(browser = new SimIndexedDb(), more: Partial<DeviceEnvironment> = {}) {
  const timers: (() => void)[] = [];
  const store = openIndexedDbDevice({
    name: NAME,
    env: {
      factory: browser.factory(tab),
      timer: (_ms, fire) => {
        timers.push(fire);
        return () => void timers.splice(timers.indexOf(fire), 1);
      },
      locks: undefined,
      jottings: undefined,
      storage: undefined,
      ...more,
    },
  });
  return { store, browser, fire: () => timers.splice(0).forEach((fire) => fire()) };
}

const update = (text: string) => {
  const doc = new Y.Doc();
  doc.getText('content').insert(0, text);
  return Y.encodeStateAsUpdate(doc);
};
const local = { document: 'document/a', bytes: update('a'), origin: 'local' } as const;
const failed = { code: 'device-failed' };

/** What all transactions of a simulated browser have in common. */
async function transactionsOf(browser: SimIndexedDb): Promise<IDBTransaction> {
  const request = browser.factory(tab).open(NAME, 3);
  const database = await new Promise<IDBDatabase>((resolve) => {
    request.onsuccess = () => resolve(request.result);
  });
  const transaction = database.transaction(['values'], 'readonly');
  transaction.abort();
  database.close();
  const prototype: IDBTransaction = Object.getPrototypeOf(transaction);
  return prototype;
}

describe('bad days of a device', () => {
  it.each([
    ['none here', undefined],
    [
      'forbidden',
      {
        open: () => {
          throw new DOMException('No.', 'SecurityError');
        },
      },
    ],
  ])(
    '[D2] no IndexedDB (%s): each call rejects, none throws, and the reason is told',
    async (_, factory) => {
      const { store } = bench(undefined, { factory: factory as IDBFactory | undefined });
      await expect(store.append(local)).rejects.toMatchObject(failed);
      await expect(store.load('document/a')).rejects.toMatchObject(failed);
      expect(store.status.get()).toEqual({ state: 'memory-only', reason: 'forbidden' });
      await store.flush();
      await store.close();
    },
  );

  it('[D2] one that never answers is given up, and used once it does', async () => {
    const browser = new SimIndexedDb();
    let answer: () => void = () => undefined;
    const slow: SimTab = { ...tab, later: (_ms, run) => void (answer = run) };
    const { store, fire } = bench(browser, { factory: browser.factory(slow) });
    const waiting = store.load('document/a');
    await Promise.resolve();
    fire();
    await expect(waiting).rejects.toMatchObject(failed);
    expect(store.status.get()).toEqual({ state: 'memory-only', reason: 'unanswered' });
    await expect(store.append(local)).rejects.toMatchObject(failed);
    const told = new Promise<void>((resolve) => {
      store.status.subscribe(() => resolve());
    });
    const drive = setInterval(() => answer(), 1);
    await told;
    expect(store.status.get()).toEqual({ state: 'durable' });
    await store.append(local);
    clearInterval(drive);
  });

  it('[D2] a newer database is left alone', async () => {
    const { store, browser } = bench();
    await store.append(local);
    await store.close();
    browser.setVersion(NAME, 99);
    const { store: older } = bench(browser);
    await expect(older.load('document/a')).rejects.toMatchObject(failed);
    expect(older.status.get()).toEqual({ state: 'memory-only', reason: 'newer' });
  });

  it('[D2] a database that lacks a store keeps nothing, and says so', async () => {
    const { store, browser } = bench();
    await store.append(local);
    browser.tables(NAME)?.delete('outbox');
    await expect(store.append(local)).rejects.toMatchObject(failed);
    expect(store.status.get()).toEqual({ state: 'memory-only', reason: 'damaged' });
  });

  it('[D2] a database that was closed in use is opened again, and what was under way is done', async () => {
    const { store, browser } = bench();
    await store.append(local);
    const underWay = store.append({ ...local, bytes: update('b') });
    await Promise.resolve();
    browser.drop();
    await underWay;
    expect((await store.load('document/a')).updates).toHaveLength(2);
    expect(store.status.get()).toEqual({ state: 'durable' });
  });

  it('[D2] a commit that throws is the device’s failure: it is done once more, and told of where that fails too', async () => {
    const { store, browser } = bench();
    await store.append(local);
    const transactions = await transactionsOf(browser);
    const commit = vi.spyOn(transactions, 'commit');
    onTestFinished(() => commit.mockRestore());
    const throws = () => {
      throw new DOMException('The database is closing.', 'InvalidStateError');
    };
    commit.mockImplementationOnce(throws);
    await store.append({ ...local, bytes: update('b') });
    expect(store.status.get()).toEqual({ state: 'durable' });
    commit.mockImplementation(throws);
    await expect(store.append({ ...local, bytes: update('c') })).rejects.toMatchObject(failed);
    expect(store.status.get()).toEqual({ state: 'memory-only', reason: 'failing' });
    commit.mockRestore();
    await store.append({ ...local, bytes: update('c') });
    expect(store.status.get()).toEqual({ state: 'durable' });
    expect((await store.load('document/a')).unstored).toBe(3);
  });

  it('[D2] a request that cannot be made is the device’s failure, and what its caller did is not', async () => {
    const { store, browser } = bench();
    await store.append(local);
    const transactions = await transactionsOf(browser);
    const asked = vi.spyOn(transactions, 'objectStore').mockImplementation(() => {
      throw new DOMException('It is over.', 'TransactionInactiveError');
    });
    onTestFinished(() => asked.mockRestore());
    await expect(store.append(local)).rejects.toMatchObject(failed);
    expect(store.status.get()).toEqual({ state: 'memory-only', reason: 'failing' });
    await expect(store.claim('key', 'value')).rejects.toMatchObject(failed);
    asked.mockRestore();
    await store.append(local);
    const thrown = store.append(() => {
      throw new RangeError('Our own.');
    });
    await expect(thrown).rejects.toMatchObject(failed);
    expect(store.status.get()).toEqual({ state: 'durable' });
  });

  it('[D2] [D6] at the quota, what the server has is folded, and the edit is kept', async () => {
    const { store, browser } = bench();
    const doc = new Y.Doc();
    const updates: Uint8Array[] = [];
    doc.on('update', (bytes: Uint8Array) => updates.push(bytes));
    for (let letter = 0; letter < 50; letter += 1) doc.getText('content').insert(letter, 'x');
    for (const bytes of updates) {
      await store.append({ document: 'document/b', bytes, origin: 'remote' });
    }
    browser.quota = updates.reduce((sum, { length }) => sum + length, 0);
    await store.append(local);
    expect(store.status.get()).toEqual({ state: 'durable' });
    const folded = await store.load('document/b');
    expect(folded.updates).toHaveLength(1);
    const again = new Y.Doc();
    for (const bytes of folded.updates) Y.applyUpdate(again, bytes);
    expect(again.getText('content').toJSON()).toBe('x'.repeat(50));
    expect((await store.load('document/a')).unstored).toBe(1);
  });

  it('[D2] where folding is not enough, stored segments of conversations go, and nothing that waits', async () => {
    const { store, browser } = bench();
    await store.append(local);
    const segment = { bytes: update('a conversation'), origin: 'remote' } as const;
    await store.append({ ...segment, document: 'conversation/c/0' });
    await store.append({ ...segment, document: 'document/b' });
    browser.quota = local.bytes.length + 2 * segment.bytes.length;
    await store.append({ ...local, bytes: update('b') });
    expect(await store.documents('')).toEqual(['document/a', 'document/b']);
    expect((await store.load('document/a')).unstored).toBe(2);
    expect(store.status.get()).toEqual({ state: 'durable' });
  });

  it('[D2] of conversations that are to be kept nothing goes: the device says that it is full', async () => {
    const { store, browser } = bench();
    await store.append(local);
    await store.set('keep/c', '1');
    await store.set('keep/gone', '0');
    const segment = { bytes: update('a conversation'), origin: 'remote' } as const;
    for (const id of ['c', 'gone']) {
      await store.append({ ...segment, document: `conversation/${id}/0` });
    }
    browser.quota = local.bytes.length + 2 * segment.bytes.length;
    await store.append({ ...local, bytes: update('b') });
    expect(await store.documents('conversation/')).toEqual(['conversation/c/0']);
    browser.quota = 0;
    await expect(store.append({ ...local, bytes: update('c') })).rejects.toMatchObject(failed);
    expect(store.status.get()).toEqual({ state: 'memory-only', reason: 'full' });
    expect(await store.documents('conversation/')).toEqual(['conversation/c/0']);
  });

  it('[D2] with no room at all nothing is kept, and the reason is told until there is', async () => {
    const { store, browser } = bench(new SimIndexedDb());
    browser.quota = 0;
    await expect(store.append(local)).rejects.toMatchObject(failed);
    expect(store.status.get()).toEqual({ state: 'memory-only', reason: 'full' });
    expect((await store.load('document/a')).updates).toEqual([]);
    expect(store.status.get()).toEqual({ state: 'memory-only', reason: 'full' });
    browser.quota = 1_000;
    await store.append(local);
    expect(store.status.get()).toEqual({ state: 'durable' });
  });

  it('[D2] what waits for the server is not evicted, what it has is', async () => {
    const { store } = bench();
    const record = await store.append(local);
    await expect(store.evict('document/a')).rejects.toMatchObject({ code: 'not-stored' });
    expect((await store.load('document/a')).unstored).toBe(1);
    await store.markStored('document/a', [record]);
    await store.evict('document/a');
    expect(await store.documents('')).toEqual([]);
  });

  it('[D2] what is written down for later stays within its room, whoever left it, and takes nothing for granted', async () => {
    const jottings = new SimJottings();
    const large = { ...local, bytes: new Uint8Array(200_000) };
    for (const seed of ['one', 'two', 'three']) {
      const random = createRandom(seed);
      const { store } = bench(undefined, { jottings, random: () => random.next() });
      for (let times = 0; times < 3; times += 1) store.jot(large);
    }
    let length = 0;
    for (let at = 0; at < jottings.length; at += 1) {
      length += jottings.getItem(jottings.key(at) ?? '')?.length ?? 0;
    }
    expect(length).toBeGreaterThan(500_000);
    expect(length).toBeLessThan(1_100_000);
    const { store } = bench(undefined, {
      jottings: {
        length: 0,
        key: () => null,
        getItem: () => null,
        removeItem: () => undefined,
        setItem: () => {
          throw new DOMException('Full.', 'QuotaExceededError');
        },
      },
    });
    store.jot(local)();
    await store.append(local);
    expect((await store.load('document/a')).unstored).toBe(1);
  });
});
