import { type OutboxEntry, WeftError, nextCounter } from '@weft/protocol';
import type { DeviceHistory, DeviceStore, Quarantined, StoredDocument } from '../device.ts';
import {
  SERVER_WRITTEN,
  deviceStatus,
  inCounterOrder,
  inTimeOrder,
  updateToKeep,
} from '../device-rules.ts';

interface MemoryRecord {
  readonly document: string;
  readonly bytes: Uint8Array;
  /** Local changes in it; 0 for a remote one. */
  readonly changes: number;
}

/** What outlives a store: hand the same disk to the next `openMemoryDevice` and it is a reload. */
export interface MemoryDisk {
  readonly records: Map<number, MemoryRecord>;
  readonly unstored: Set<number>;
  readonly outbox: Map<string, OutboxEntry>;
  readonly counters: Map<string, number>;
  readonly values: Map<string, string>;
  readonly quarantine: Map<string, Quarantined>;
  history: DeviceHistory | undefined;
  next: number;
}

export function createMemoryDisk(): MemoryDisk {
  return {
    records: new Map(),
    unstored: new Set(),
    outbox: new Map(),
    counters: new Map(),
    values: new Map(),
    quarantine: new Map(),
    history: undefined,
    next: 1,
  };
}

/**
 * A device store in memory, for Node and for tests. Nothing survives the process; with a disk of its own it
 * survives the store, as a database survives a tab. Several stores on one disk are several tabs.
 */
export function openMemoryDevice(disk: MemoryDisk = createMemoryDisk()): DeviceStore {
  let closed = false;
  /** The tail of all work: calls take effect in order, none within the caller's own turn. */
  let tail: Promise<unknown> = Promise.resolve();
  const run = <T>(work: () => T): Promise<T> => {
    if (closed) return Promise.reject(new WeftError('device-failed', 'The store is closed.'));
    const result = tail.then(work);
    tail = result.catch(() => undefined);
    return result;
  };
  const recordsOf = (document: string) =>
    [...disk.records].filter(([, record]) => record.document === document);

  return {
    // As far as a medium survives that is the process itself.
    status: deviceStatus({ state: 'durable' }),
    load: (document) => run(() => loadFrom(disk, recordsOf(document))),
    append: (update) => run(() => add(disk, updateToKeep(update))),
    // A process that ends takes all of it along.
    jot: () => () => undefined,
    markStored: (document, records) =>
      run(() => {
        for (const number of records) {
          if (disk.records.get(number)?.document === document) disk.unstored.delete(number);
        }
      }),
    pending: () =>
      run(() => {
        const names = new Set<string>();
        for (const number of disk.unstored) {
          const record = disk.records.get(number);
          if (record !== undefined) names.add(record.document);
        }
        return [...names].toSorted();
      }),
    documents: (prefix) =>
      run(() => {
        const names = [...disk.records.values()].map((record) => record.document);
        return [...new Set(names.filter((name) => name.startsWith(prefix)))].toSorted();
      }),
    versions: (prefix) =>
      run(() => {
        const newest = new Map<string, { last: number; count: number }>();
        for (const [number, { document }] of disk.records) {
          if (!document.startsWith(prefix)) continue;
          const known = newest.get(document) ?? { last: 0, count: 0 };
          newest.set(document, { last: Math.max(known.last, number), count: known.count + 1 });
        }
        return new Map(
          [...newest]
            .toSorted(([a], [b]) => (a < b ? -1 : 1))
            .map(([document, { last, count }]) => [document, `${last}/${count}`]),
        );
      }),
    fold: (document, merge) =>
      run(() => {
        const settled = recordsOf(document).filter(([number]) => !disk.unstored.has(number));
        if (settled.length < 2) return;
        const bytes = merge(settled.map(([, record]) => record.bytes));
        const changes = settled.reduce((sum, [, record]) => sum + record.changes, 0);
        for (const [number] of settled) disk.records.delete(number);
        add(disk, { document, bytes, changes }, false);
      }),
    rebuild: (document, make) =>
      run(() => {
        const numbers = recordsOf(document).map(([number]) => number);
        const unstored = new Set(numbers.filter((number) => disk.unstored.has(number)));
        const rebuilt = make(unstored);
        if (rebuilt === undefined) return [];
        const { state, local, quarantine } = rebuilt;
        const remove = new Set(rebuilt.remove);
        for (const number of numbers) {
          if (unstored.has(number) && !remove.has(number)) continue;
          disk.records.delete(number);
          disk.unstored.delete(number);
        }
        add(disk, { document, bytes: state, changes: 0 });
        for (const entry of quarantine) {
          disk.quarantine.set(entry.id, { ...entry, bytes: entry.bytes.slice() });
        }
        return local.map(({ bytes, changes }) => add(disk, { document, bytes, changes }));
      }),
    evict: (document) =>
      run(() => {
        const records = recordsOf(document);
        if (records.some(([number]) => disk.unstored.has(number)))
          throw new WeftError('not-stored');
        for (const [number] of records) disk.records.delete(number);
      }),
    quarantined: () => run(() => inTimeOrder([...disk.quarantine.values()])),
    discard: (id) => run(() => void disk.quarantine.delete(id)),
    history: () => run(() => disk.history),
    setHistory: (history) => run(() => changeHistory(disk, history)),
    // What is in memory is what was handed in.
    outbox: () => run(() => inCounterOrder([...disk.outbox.values()])),
    outboxSize: () => run(() => disk.outbox.size),
    enqueue: (conversation, make, replaces) =>
      run(() => {
        const counter = nextCounter(disk.counters.get(conversation));
        const entry = make(counter);
        disk.counters.set(conversation, counter);
        if (replaces !== undefined) disk.outbox.delete(replaces);
        disk.outbox.set(entry.command.id, entry);
        return entry;
      }),
    replaceOutbox: (entry) =>
      run(() => {
        if (disk.outbox.has(entry.command.id)) disk.outbox.set(entry.command.id, entry);
      }),
    deleteOutbox: (id) => run(() => void disk.outbox.delete(id)),
    get: (key) => run(() => disk.values.get(key)),
    set: (key, value) => run(() => void disk.values.set(key, value)),
    claim: (key, value) =>
      run(() => {
        const kept = disk.values.get(key) ?? value;
        disk.values.set(key, kept);
        return kept;
      }),
    estimate: () => run(() => undefined),
    requestPersist: () => run(() => false),
    flush: () => (closed ? tail.then(() => undefined) : run(() => undefined)),
    close: () => {
      closed = true;
      return tail.then(() => undefined);
    },
  };
}

function add(disk: MemoryDisk, record: MemoryRecord, unstored = record.changes > 0): number {
  const number = disk.next;
  disk.next += 1;
  // The bytes are copied: an embedder may reuse the buffer, and a database would hold its own.
  disk.records.set(number, { ...record, bytes: record.bytes.slice() });
  if (unstored) disk.unstored.add(number);
  return number;
}

function loadFrom(
  disk: MemoryDisk,
  records: readonly (readonly [number, MemoryRecord])[],
): StoredDocument {
  const unstored = records.filter(([number]) => disk.unstored.has(number));
  return {
    updates: records.map(([, record]) => record.bytes),
    local: records.reduce((sum, [, record]) => sum + record.changes, 0),
    unstored: unstored.reduce((sum, [, record]) => sum + record.changes, 0),
    unstoredRecords: unstored.map(([number]) => number),
    unstoredUpdates: unstored.map(([record, { bytes, changes }]) => ({ record, bytes, changes })),
  };
}

function changeHistory(disk: MemoryDisk, history: DeviceHistory): void {
  const kept = disk.history;
  disk.history = history;
  if (kept === undefined) return;
  if (kept.serverId === history.serverId && kept.epoch === history.epoch) return;
  for (const [number, record] of disk.records) {
    if (record.document.startsWith(SERVER_WRITTEN)) {
      disk.records.delete(number);
      disk.unstored.delete(number);
    } else if (record.changes > 0) {
      disk.unstored.add(number);
    }
  }
}
