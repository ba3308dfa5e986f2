import { WeftError, isText } from '@weft/protocol';
import type { DeviceStore, StoredDocument } from '../device.ts';
import { deviceStatus, updateToKeep } from '../device-rules.ts';
import { adopt } from './adopt.ts';
import {
  DOCUMENT_INDEX,
  type Opening,
  STORES,
  WAITING_INDEX,
  openDatabase,
  result,
} from './database.ts';
import { type DeviceEnvironment, browserEnvironment } from './environment.ts';
import { type FoundJotting, Jottings } from './jottings.ts';
import { type Merge, foldOf, makeRoom, merged } from './make-room.ts';
import { enqueue, outbox, replaceEntry, setMessagesAside } from './outbox.ts';
import { quarantined } from './quarantine.ts';
import { type Outcome, Queue } from './queue.ts';
import { foldUpdates } from '../quiet-document.ts';
import {
  evict,
  history,
  markStored,
  namesIn,
  put,
  rebuild,
  recordsOf,
  replace,
  setAside,
  setHistory,
  toStored,
  versionsIn,
} from './records.ts';

export interface IndexedDbDeviceOptions {
  /** Name of the database: one per server, tenant and person. */
  readonly name: string;
  /** Default: the browser's. */
  readonly env?: Partial<DeviceEnvironment>;
}

/**
 * A device store in IndexedDB. The database is opened at the first call; failures reject calls, one by one, and are
 * what `status` tells of until a write succeeds.
 */
export function openIndexedDbDevice(options: IndexedDbDeviceOptions): DeviceStore {
  const { name } = options;
  const env = environment(options.env);
  const status = deviceStatus({ state: 'opening' });
  const queue = new Queue({
    env,
    open: () => open(env.factory, name),
    makeRoom: (database) => makeRoom(database, foldUpdates),
    told: (outcome) => {
      const now = status.get();
      status.set(after(outcome, now) ?? now);
    },
  });
  let closing: Promise<void> | undefined;

  const jottings = new Jottings(env, name);
  let adopting: Promise<void> | undefined;
  /** Reads after what a tab that is gone had jotted down is kept. */
  const afterJottings = <T>(read: () => Promise<T>): Promise<T> => {
    if (adopting === undefined) {
      const found = jottings.found();
      if (found.length === 0) return read();
      const tabs = [...Map.groupBy(found, ({ tab }) => tab)].map(([tab, own]) =>
        // What is not kept now, because it cannot be or its tab is still there, is found again by the next one.
        jottings.ofTab(tab, () => keepJottings(own)).catch(() => undefined),
      );
      adopting = Promise.all(tabs).then(() => undefined);
    }
    return adopting.then(read);
  };
  const keepJottings = async (found: readonly FoundJotting[]): Promise<void> => {
    for (const [document, own] of Map.groupBy(found, (jotting) => jotting.document)) {
      const records = await queue.run('read', (tx) => recordsOf(tx, document));
      const held = records.found.map(({ bytes }) => bytes);
      const adopted = adopt(held, own);
      if (adopted !== undefined) await queue.issue((tx) => put(tx, { document, ...adopted }));
      for (const { key } of own) jottings.erase(key);
    }
  };

  const load = async (document: string): Promise<StoredDocument> => {
    const { found, damaged } = await queue.run('read', (tx) => recordsOf(tx, document));
    const stored = toStored(found);
    if (damaged.length === 0) return stored;
    // A device that cannot keep it apart still tells of it, and meets it again at the next load.
    const aside = queue.issue((tx) => {
      const entries = setAside(tx, document, damaged, env.now());
      return () => entries;
    });
    return { ...stored, damaged: await aside.catch(() => []) };
  };

  /** Merging takes its time, and keeps no transaction open meanwhile. */
  const fold = async (document: string, merge: Merge): Promise<void> => {
    const former = await queue.run('read', (tx) => foldOf(tx, document));
    if (former === undefined) return;
    const { bytes, changes } = merged(former, merge);
    await queue.run('write', (tx) => replace(tx, document, former, { document, bytes, changes }));
  };

  return {
    status,
    load: (document) => afterJottings(() => load(document)),
    append: (update) => {
      // Asked once, also when its transaction was undone and is done again: whoever gave it out has it no more.
      let kept: ReturnType<typeof updateToKeep> | undefined;
      return queue.issue((tx) => put(tx, (kept ??= updateToKeep(update))));
    },
    jot: ({ document, bytes, changes = 1 }) => jottings.jot({ document, bytes, changes }),
    markStored: (document, records) =>
      queue.run('write', (tx) => markStored(tx, document, records)),
    pending: () => afterJottings(() => queue.run('read', (tx) => namesIn(tx, WAITING_INDEX, ''))),
    documents: (prefix) =>
      afterJottings(() => queue.run('read', (tx) => namesIn(tx, DOCUMENT_INDEX, prefix))),
    versions: (prefix) => afterJottings(() => queue.run('read', (tx) => versionsIn(tx, prefix))),
    fold: async (document, merge) => {
      if (env.locks === undefined) return fold(document, merge);
      // One tab merges: what it does would be undone by none, but done twice.
      await env.locks.request(`weft:fold:${name}`, { ifAvailable: true }, async (lock) => {
        if (lock !== null) await fold(document, merge);
      });
    },
    rebuild: async (document, make) => {
      const numbers = await queue.run('write', (tx) => rebuild(tx, document, make));
      return numbers();
    },
    evict: async (document) => {
      if (!(await queue.run('write', (tx) => evict(tx, document))))
        throw new WeftError('not-stored');
    },
    quarantined: () => queue.run('read', quarantined),
    discard: (id) => queue.issue((tx) => remove(tx, STORES.quarantine, id)),
    history: () => queue.run('read', history),
    setHistory: (next) => queue.run('write', (tx) => setHistory(tx, next)),
    outbox: async (isEntry) => {
      const { entries, damaged } = await queue.run('read', (tx) => outbox(tx, isEntry));
      if (damaged.length > 0) {
        const aside = queue.issue((tx) => {
          setMessagesAside(tx, damaged, env.now());
          return () => undefined;
        });
        await aside.catch(() => undefined);
      }
      return entries;
    },
    outboxSize: () => queue.run('read', (tx) => result(tx.objectStore(STORES.outbox).count())),
    enqueue: (conversation, make, replaces) =>
      queue.run('write', (tx) => enqueue(tx, conversation, make, replaces)),
    replaceOutbox: (entry) => queue.run('write', (tx) => replaceEntry(tx, entry)),
    deleteOutbox: (id) => queue.issue((tx) => remove(tx, STORES.outbox, id)),
    get: (key) => queue.run('read', (tx) => text(tx, key)),
    set: (key, value) =>
      queue.issue((tx) => {
        tx.objectStore(STORES.values).put(value, key);
        return () => undefined;
      }),
    claim: (key, value) =>
      queue.run('write', async (tx) => {
        const known = await text(tx, key);
        if (known === undefined) await result(tx.objectStore(STORES.values).put(value, key));
        return known ?? value;
      }),
    estimate: async () => {
      if (env.storage === undefined) return undefined;
      const { usage, quota } = await env.storage.estimate();
      if (usage === undefined || quota === undefined) return undefined;
      return { usage, quota, persistent: await env.storage.persisted() };
    },
    requestPersist: async () => (await env.storage?.persist()) ?? false,
    flush: () => queue.flush(),
    close: () => {
      jottings.close();
      return (closing ??= queue.close());
    },
  };
}

/** What the browser has, but for what is brought along; also where what is brought is that there is nothing. */
function environment(own: Partial<DeviceEnvironment> = {}): DeviceEnvironment {
  const browser = browserEnvironment();
  return {
    now: own.now ?? browser.now,
    timer: own.timer ?? browser.timer,
    random: own.random ?? browser.random,
    onPresence: own.onPresence ?? browser.onPresence,
    locks: 'locks' in own ? own.locks : browser.locks,
    storage: 'storage' in own ? own.storage : browser.storage,
    get jottings() {
      return 'jottings' in own ? own.jottings : browser.jottings;
    },
    get factory() {
      return 'factory' in own ? own.factory : browser.factory;
    },
  };
}

function open(factory: IDBFactory | undefined, name: string): Opening {
  if (factory !== undefined) return openDatabase(factory, name);
  const none = new DOMException('There is no IndexedDB here.', 'SecurityError');
  return { database: Promise.reject(none), blocked: () => false };
}

/** The state after something became of the medium; nothing when that does not tell. */
function after(outcome: Outcome, before: ReturnType<DeviceStore['status']['get']>) {
  switch (outcome.outcome) {
    case 'committed':
      return { state: 'durable' } as const;
    case 'opened':
      // That there is room, and that writes succeed again, only a write can tell.
      return before.state === 'memory-only' &&
        (before.reason === 'full' || before.reason === 'failing')
        ? undefined
        : ({ state: 'durable' } as const);
    case 'failed':
      return { state: 'memory-only', reason: outcome.reason } as const;
    default: {
      const unreachable: never = outcome;
      return unreachable;
    }
  }
}

function remove(tx: IDBTransaction, store: string, key: string): () => undefined {
  tx.objectStore(store).delete(key);
  return () => undefined;
}

/** One that is no text counts as none. */
async function text(tx: IDBTransaction, key: string): Promise<string | undefined> {
  const value: unknown = await result(tx.objectStore(STORES.values).get(key));
  return isText(value) ? value : undefined;
}
