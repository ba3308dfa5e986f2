import { type OutboxEntry, nextCounter, outboxEntrySchema } from '@weft/protocol';
import * as z from 'zod/mini';
import type {
  DeviceHistory,
  DeviceStore,
  Quarantined,
  Rebuilt,
  StoredDocument,
} from '../device.ts';
import { SERVER_WRITTEN, inCounterOrder, inTimeOrder } from '../device-rules.ts';
import { DOCUMENT_INDEX, STORES, openDatabase, result } from './database.ts';
import { Queue } from './queue.ts';

export interface IndexedDbDeviceOptions {
  /** Name of the database: one per server, tenant and person. */
  readonly name: string;
  /** Default: the browser's. */
  readonly factory?: IDBFactory;
}

const recordSchema = z.object({
  document: z.string(),
  bytes: z.instanceof(Uint8Array),
  /** Local changes in it; 0 for a remote one. */
  changes: z.int().check(z.nonnegative()),
});

interface DeviceRecord {
  readonly document: string;
  readonly bytes: Uint8Array;
  readonly changes: number;
}

const quarantinedSchema = z.object({
  id: z.string(),
  document: z.string(),
  code: z.string(),
  message: z.string(),
  at: z.number(),
  text: z.string(),
  bytes: z.instanceof(Uint8Array),
});

const numberSchema = z.int();
const unstoredKeySchema = z.tuple([z.string(), numberSchema]);
const historySchema = z.object({ serverId: z.string(), epoch: numberSchema });
const HISTORY = 'history';

/** A device store in IndexedDB. The database is opened at the first call; failures reject calls, one by one. */
export function openIndexedDbDevice(options: IndexedDbDeviceOptions): DeviceStore {
  const queue = new Queue(() => openDatabase(options.factory ?? indexedDB, options.name));
  let closing: Promise<void> | undefined;
  return {
    load: (document) => queue.run('readonly', (tx) => load(tx, document)),
    append: ({ document, bytes, origin, changes = 1 }) =>
      queue.run('readwrite', async (tx) => {
        const local = origin === 'local' ? changes : 0;
        return local > 0
          ? putUnstored(tx, { document, bytes, changes: local })
          : put(tx, { document, bytes, changes: 0 });
      }),
    markStored: (document, records) =>
      queue.run('readwrite', async (tx) => {
        const unstored = tx.objectStore(STORES.unstored);
        await Promise.all(records.map((number) => result(unstored.delete([document, number]))));
      }),
    pending: () =>
      queue.run('readonly', async (tx) => {
        const keys = await result(tx.objectStore(STORES.unstored).getAllKeys());
        return [...new Set(keys.map((key) => unstoredKeySchema.parse(key)[0]))].toSorted();
      }),
    documents: (prefix) => queue.run('readonly', (tx) => documents(tx, prefix)),
    fold: (document, merge) => queue.run('readwrite', (tx) => fold(tx, document, merge)),
    rebuild: (document, make) => queue.run('readwrite', (tx) => rebuild(tx, document, make)),
    quarantined: () => queue.run('readonly', quarantined),
    discard: (id) =>
      queue.run('readwrite', async (tx) => {
        await result(tx.objectStore(STORES.quarantine).delete(id));
      }),
    history: () => queue.run('readonly', history),
    setHistory: (next) => queue.run('readwrite', (tx) => setHistory(tx, next)),
    outbox: () =>
      queue.run('readonly', async (tx) => {
        const entries = await result(tx.objectStore(STORES.outbox).getAll());
        return inCounterOrder(entries.map((entry) => outboxEntrySchema.parse(entry)));
      }),
    enqueue: (conversation, make, replaces) =>
      queue.run('readwrite', (tx) => enqueue(tx, conversation, make, replaces)),
    replaceOutbox: (entry) =>
      queue.run('readwrite', async (tx) => {
        const outbox = tx.objectStore(STORES.outbox);
        const { id } = entry.command;
        if ((await result(outbox.getKey(id))) !== undefined) await result(outbox.put(entry, id));
      }),
    deleteOutbox: (id) =>
      queue.run('readwrite', async (tx) => {
        await result(tx.objectStore(STORES.outbox).delete(id));
      }),
    get: (key) => queue.run('readonly', (tx) => text(tx, key)),
    set: (key, value) =>
      queue.run('readwrite', async (tx) => {
        await result(tx.objectStore(STORES.values).put(value, key));
      }),
    claim: (key, value) =>
      queue.run('readwrite', async (tx) => {
        const known = await text(tx, key);
        if (known === undefined) await result(tx.objectStore(STORES.values).put(value, key));
        return known ?? value;
      }),
    flush: () => queue.flush(),
    close: () => (closing ??= queue.close()),
  };
}

async function put(tx: IDBTransaction, record: DeviceRecord): Promise<number> {
  const entry = { ...record, bytes: alone(record.bytes) };
  return numberSchema.parse(await result(tx.objectStore(STORES.updates).add(entry)));
}

async function putUnstored(tx: IDBTransaction, record: DeviceRecord): Promise<number> {
  const number = await put(tx, record);
  const key = [record.document, number];
  await result(tx.objectStore(STORES.unstored).put(record.changes, key));
  return number;
}

/** A view is cloned with the whole buffer under it: a frame of megabytes for an update of ten bytes. */
function alone(bytes: Uint8Array): Uint8Array {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : bytes.slice();
}

/** Records of a document with their numbers, in the order they were kept. */
async function recordsOf(
  tx: IDBTransaction,
  document: string,
): Promise<readonly { readonly number: number; readonly record: DeviceRecord }[]> {
  const index = tx.objectStore(STORES.updates).index(DOCUMENT_INDEX);
  const [numbers, records] = await Promise.all([
    result(index.getAllKeys(document)),
    result(index.getAll(document)),
  ]);
  return numbers.map((number, at) => ({
    number: numberSchema.parse(number),
    record: recordSchema.parse(records[at]),
  }));
}

async function unstoredOf(tx: IDBTransaction, document: string): Promise<ReadonlySet<number>> {
  const range = IDBKeyRange.bound([document], [document, []]);
  const keys = await result(tx.objectStore(STORES.unstored).getAllKeys(range));
  return new Set(keys.map((key) => unstoredKeySchema.parse(key)[1]));
}

async function load(tx: IDBTransaction, document: string): Promise<StoredDocument> {
  const [found, unstored] = await Promise.all([recordsOf(tx, document), unstoredOf(tx, document)]);
  const waiting = found.filter(({ number }) => unstored.has(number));
  return {
    updates: found.map(({ record }) => record.bytes),
    local: found.reduce((sum, { record }) => sum + record.changes, 0),
    unstored: waiting.reduce((sum, { record }) => sum + record.changes, 0),
    unstoredRecords: waiting.map(({ number }) => number),
    unstoredUpdates: waiting.map(({ number, record: { bytes, changes } }) => ({
      record: number,
      bytes,
      changes,
    })),
  };
}

/** One key per name: a cursor that skips to the next name, so that a large document costs no more than a small one. */
async function documents(tx: IDBTransaction, prefix: string): Promise<readonly string[]> {
  const index = tx.objectStore(STORES.updates).index(DOCUMENT_INDEX);
  // Names are ASCII (`parseAddress`), so no name with the prefix sorts above this one.
  const range = IDBKeyRange.bound(prefix, `${prefix}\uffff`);
  const request = index.openKeyCursor(range, 'nextunique');
  const names: string[] = [];
  for (let cursor = await result(request); cursor !== null; cursor = await result(request)) {
    names.push(z.string().parse(cursor.key));
    cursor.continue();
  }
  return names;
}

async function fold(
  tx: IDBTransaction,
  document: string,
  merge: (updates: readonly Uint8Array[]) => Uint8Array,
): Promise<void> {
  const [found, unstored] = await Promise.all([recordsOf(tx, document), unstoredOf(tx, document)]);
  const settled = found.filter(({ number }) => !unstored.has(number));
  if (settled.length < 2) return;
  const bytes = merge(settled.map(({ record }) => record.bytes));
  const changes = settled.reduce((sum, { record }) => sum + record.changes, 0);
  const updates = tx.objectStore(STORES.updates);
  await Promise.all([
    put(tx, { document, bytes, changes }),
    ...settled.map(({ number }) => result(updates.delete(number))),
  ]);
}

async function rebuild(
  tx: IDBTransaction,
  document: string,
  make: (unstored: ReadonlySet<number>) => Rebuilt | undefined,
): Promise<readonly number[]> {
  const updates = tx.objectStore(STORES.updates);
  const [keys, unstored] = await Promise.all([
    result(updates.index(DOCUMENT_INDEX).getAllKeys(document)),
    unstoredOf(tx, document),
  ]);
  const rebuilt = make(unstored);
  if (rebuilt === undefined) return [];
  const remove = new Set(rebuilt.remove);
  const gone = keys
    .map((key) => numberSchema.parse(key))
    .filter((number) => !unstored.has(number) || remove.has(number));
  const quarantine = tx.objectStore(STORES.quarantine);
  await Promise.all([
    ...gone.flatMap((number) => [
      result(updates.delete(number)),
      result(tx.objectStore(STORES.unstored).delete([document, number])),
    ]),
    put(tx, { document, bytes: rebuilt.state, changes: 0 }),
    ...rebuilt.quarantine.map((entry) =>
      result(quarantine.put({ ...entry, bytes: alone(entry.bytes) }, entry.id)),
    ),
  ]);
  // One after the other: records are numbered in the order in which their changes were made.
  const numbers: number[] = [];
  for (const { bytes, changes } of rebuilt.local) {
    numbers.push(await putUnstored(tx, { document, bytes, changes }));
  }
  return numbers;
}

async function quarantined(tx: IDBTransaction): Promise<readonly Quarantined[]> {
  const entries = await result(tx.objectStore(STORES.quarantine).getAll());
  return inTimeOrder(entries.map((entry) => quarantinedSchema.parse(entry)));
}

async function history(tx: IDBTransaction): Promise<DeviceHistory | undefined> {
  const kept: unknown = await result(tx.objectStore(STORES.meta).get(HISTORY));
  return kept === undefined ? undefined : historySchema.parse(kept);
}

async function setHistory(tx: IDBTransaction, next: DeviceHistory): Promise<void> {
  const kept = await history(tx);
  const { serverId, epoch } = next;
  await result(tx.objectStore(STORES.meta).put({ serverId, epoch }, HISTORY));
  if (kept === undefined || (kept.serverId === serverId && kept.epoch === epoch)) return;
  const unstored = tx.objectStore(STORES.unstored);
  const request = tx.objectStore(STORES.updates).openCursor();
  for (let cursor = await result(request); cursor !== null; cursor = await result(request)) {
    const { document, changes } = recordSchema.parse(cursor.value);
    const number = numberSchema.parse(cursor.primaryKey);
    if (document.startsWith(SERVER_WRITTEN)) cursor.delete();
    else if (changes > 0) unstored.put(changes, [document, number]);
    cursor.continue();
  }
}

async function enqueue(
  tx: IDBTransaction,
  conversation: string,
  make: (counter: number) => OutboxEntry,
  replaces: string | undefined,
): Promise<OutboxEntry> {
  const counters = tx.objectStore(STORES.counters);
  const outbox = tx.objectStore(STORES.outbox);
  const highest = z.optional(numberSchema).parse(await result(counters.get(conversation)));
  const counter = nextCounter(highest);
  const entry = make(counter);
  await Promise.all([
    result(counters.put(counter, conversation)),
    result(outbox.put(entry, entry.command.id)),
    replaces === undefined ? undefined : result(outbox.delete(replaces)),
  ]);
  return entry;
}

async function text(tx: IDBTransaction, key: string): Promise<string | undefined> {
  return z.optional(z.string()).parse(await result(tx.objectStore(STORES.values).get(key)));
}
