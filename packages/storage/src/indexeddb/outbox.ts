import { type Check, type OutboxEntry, isCount, isText, nextCounter, shape } from '@weft/protocol';
import type { Quarantined } from '../device.ts';
import { inCounterOrder } from '../device-rules.ts';
import { STORES, result } from './database.ts';
import { keep } from './quarantine.ts';

/** As much of an entry as it takes to count. */
const isCounted = shape({ command: shape({ conversation: isText, counter: isCount }) });

interface DamagedEntry {
  readonly key: IDBValidKey;
  readonly value: unknown;
}

/** All entries in order, and what lies among them that is none. */
export async function outbox(
  tx: IDBTransaction,
  isEntry: Check<OutboxEntry>,
): Promise<{
  readonly entries: readonly OutboxEntry[];
  readonly damaged: readonly DamagedEntry[];
}> {
  const store = tx.objectStore(STORES.outbox);
  const [keys, values] = await Promise.all([
    result(store.getAllKeys()),
    result<unknown[]>(store.getAll()),
  ]);
  const entries: OutboxEntry[] = [];
  const damaged: DamagedEntry[] = [];
  for (const [at, key] of keys.entries()) {
    const value = values[at];
    if (isEntry(value)) entries.push(value);
    else damaged.push({ key, value });
  }
  return { entries: inCounterOrder(entries), damaged };
}

/** Takes what is no entry out of the outbox: one of them must not keep all others from being sent. */
export function setMessagesAside(
  tx: IDBTransaction,
  damaged: readonly DamagedEntry[],
  at: number,
): void {
  for (const { key, value } of damaged) {
    const text = JSON.stringify(value) ?? '';
    const entry: Quarantined = {
      id: `damaged-message-${JSON.stringify(key)}`,
      document: '',
      code: 'record-damaged',
      message: 'A message that waited to be sent was damaged on this device.',
      at,
      text,
      bytes: new TextEncoder().encode(text),
    };
    tx.objectStore(STORES.outbox).delete(key);
    keep(tx, entry);
  }
}

export async function enqueue(
  tx: IDBTransaction,
  conversation: string,
  make: (counter: number) => OutboxEntry,
  replaces: string | undefined,
): Promise<OutboxEntry> {
  const counters = tx.objectStore(STORES.counters);
  const store = tx.objectStore(STORES.outbox);
  const kept: unknown = await result(counters.get(conversation));
  const known = kept === undefined || isCount(kept);
  const counter = nextCounter(known ? kept : await highestWaiting(tx, conversation));
  const entry = make(counter);
  await Promise.all([
    result(counters.put(counter, conversation)),
    result(store.put(entry, entry.command.id)),
    replaces === undefined ? undefined : result(store.delete(replaces)),
  ]);
  return entry;
}

/** The counter that can be told from what waits, where the one that was kept cannot be read. */
async function highestWaiting(tx: IDBTransaction, conversation: string): Promise<number> {
  const values: unknown[] = await result(tx.objectStore(STORES.outbox).getAll());
  const own = values
    .filter(isCounted)
    .filter(({ command }) => command.conversation === conversation);
  return Math.max(0, ...own.map(({ command }) => command.counter));
}

/** Replaces an entry that is still there. */
export async function replaceEntry(tx: IDBTransaction, entry: OutboxEntry): Promise<void> {
  const store = tx.objectStore(STORES.outbox);
  const { id } = entry.command;
  if ((await result(store.getKey(id))) !== undefined) await result(store.put(entry, id));
}
