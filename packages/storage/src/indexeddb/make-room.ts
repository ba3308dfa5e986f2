import { isText } from '@weft/protocol';
import { KEEP, SERVER_WRITTEN } from '../device-rules.ts';
import { DOCUMENT_INDEX, STORES, result } from './database.ts';
import { type FoundRecord, evict, namesIn, recordsOf, replace } from './records.ts';

export type Merge = (updates: readonly Uint8Array[]) => Uint8Array;

/** What one record is to take the place of, and that record's content. */
export interface Folded {
  readonly former: readonly FoundRecord[];
  readonly bytes: Uint8Array;
  readonly changes: number;
}

/** Merges what is stored of a document; nothing when that is fewer than two records. */
export async function foldOf(
  tx: IDBTransaction,
  document: string,
): Promise<readonly FoundRecord[] | undefined> {
  const { found } = await recordsOf(tx, document);
  const former = found.filter(({ waiting }) => !waiting);
  return former.length < 2 ? undefined : former;
}

export function merged(former: readonly FoundRecord[], merge: Merge): Folded {
  return {
    former,
    bytes: merge(former.map(({ bytes }) => bytes)),
    changes: former.reduce((sum, { changes }) => sum + changes, 0),
  };
}

/**
 * Frees what the server has anyway, once the quota is met: documents in many records become one record each, then
 * segments of conversations go whose every change is stored. Those of conversations that somebody wants to keep stay:
 * the device says that it is full, and does not go on saying that it has them.
 * @returns whether anything was freed
 */
export async function makeRoom(database: IDBDatabase, merge: Merge): Promise<boolean> {
  const names = await within(database, 'readonly', (tx) => namesIn(tx, DOCUMENT_INDEX, ''));
  let freed = false;
  for (const document of names) {
    const former = await within(database, 'readonly', (tx) => foldOf(tx, document));
    if (former === undefined) continue;
    try {
      const { bytes, changes } = merged(former, merge);
      await within(database, 'readwrite', (tx) =>
        replace(tx, document, former, { document, bytes, changes }),
      );
      freed = true;
    } catch {
      // There is no room for the merged record beside the others, or one of them cannot be merged.
    }
  }
  if (freed) return true;
  const kept = await within(database, 'readonly', keptConversations);
  const mayGo = (name: string) =>
    name.startsWith(SERVER_WRITTEN) && !kept.some((prefix) => name.startsWith(prefix));
  for (const document of names.filter(mayGo)) {
    freed = (await within(database, 'readwrite', (tx) => evict(tx, document))) || freed;
  }
  return freed;
}

/** What the names of segments begin with whose conversations are to stay. */
async function keptConversations(tx: IDBTransaction): Promise<readonly string[]> {
  const values = tx.objectStore(STORES.values);
  const prefixes: string[] = [];
  for (const key of await result(values.getAllKeys())) {
    if (!isText(key) || !key.startsWith(KEEP)) continue;
    const wish: unknown = await result<unknown>(values.get(key));
    if (wish === '1') prefixes.push(`${SERVER_WRITTEN}${key.slice(KEEP.length)}/`);
  }
  return prefixes;
}

/** A transaction beside the queue, which stands still meanwhile. */
async function within<T>(
  database: IDBDatabase,
  mode: IDBTransactionMode,
  work: (tx: IDBTransaction) => Promise<T>,
): Promise<T> {
  const tx = database.transaction(Object.values(STORES), mode, { durability: 'strict' });
  const ended = new Promise<void>((resolve, reject) => {
    tx.oncomplete = () => resolve();
    tx.onabort = () => reject(tx.error ?? new DOMException('Aborted.', 'AbortError'));
  });
  ended.catch(() => undefined);
  const value = await work(tx);
  await ended;
  return value;
}
