import {
  WeftError,
  isBytes,
  isCount,
  isInteger,
  isNumber,
  isText,
  optional,
  shape,
} from '@weft/protocol';
import type { DeviceHistory, Quarantined, Rebuilt, StoredDocument } from '../device.ts';
import { SERVER_WRITTEN } from '../device-rules.ts';
import { crc32 } from './crc.ts';
import {
  DOCUMENT_INDEX,
  STORES,
  WAITING_INDEX,
  alone,
  result,
  resultOrNothing,
} from './database.ts';
import { keep } from './quarantine.ts';

/** What is kept of an update. */
export interface DeviceRecord {
  readonly document: string;
  readonly bytes: Uint8Array;
  /** Local changes in it; 0 for a remote one. */
  readonly changes: number;
}

/** A record that can be read, with its number. */
export interface FoundRecord extends DeviceRecord {
  readonly number: number;
  /** Whether it has local changes that are not known to be stored. */
  readonly waiting: boolean;
}

/** What lies where a record should. */
interface DamagedRecord {
  readonly number: number;
  /** All that is left of it. */
  readonly value: unknown;
}

const isRecord = shape({
  document: isText,
  bytes: isBytes,
  changes: isCount,
  /** Records that were kept before there were checksums have none. */
  crc: optional(isNumber),
  [WAITING_INDEX]: optional(isText),
});

const UTF8 = new TextEncoder();

/** Keeps a record, in one request. Returns what reads its number after the commit. */
export function put(tx: IDBTransaction, record: DeviceRecord, waiting = record.changes > 0) {
  const request = tx.objectStore(STORES.updates).add(entry(record, waiting));
  return (): number => toNumber(request.result);
}

function entry({ document, bytes: view, changes }: DeviceRecord, waiting: boolean) {
  const bytes = alone(view);
  const kept = { document, bytes, changes, crc: checksum(document, changes, bytes) };
  return waiting ? { ...kept, [WAITING_INDEX]: document } : kept;
}

/** A record's key. @throws WeftError `device-failed` */
function toNumber(key: unknown): number {
  if (isInteger(key)) return key;
  throw new WeftError('device-failed', 'A record has no number.');
}

/** Over all of a record but whether it waits, which changes. */
function checksum(document: string, changes: number, bytes: Uint8Array): number {
  return crc32(bytes, crc32(UTF8.encode(`${changes} ${document}`)));
}

function read(number: number, value: unknown): FoundRecord | undefined {
  if (!isRecord(value)) return undefined;
  const { document, bytes, changes, crc, waiting } = value;
  if (crc !== undefined && crc !== checksum(document, changes, bytes)) return undefined;
  return { number, document, bytes, changes, waiting: waiting !== undefined };
}

/** Records of a document in the order they were kept, and those that cannot be read. */
export async function recordsOf(
  tx: IDBTransaction,
  document: string,
): Promise<{ readonly found: readonly FoundRecord[]; readonly damaged: readonly DamagedRecord[] }> {
  const updates = tx.objectStore(STORES.updates);
  const index = updates.index(DOCUMENT_INDEX);
  const [keys, all] = await Promise.all([
    result(index.getAllKeys(document)),
    resultOrNothing<unknown[]>(index.getAll(document)),
  ]);
  const numbers = keys.map(toNumber);
  // One value that the browser has lost makes it refuse all of them.
  const values =
    all ?? (await Promise.all(numbers.map((n) => resultOrNothing<unknown>(updates.get(n)))));
  const found: FoundRecord[] = [];
  const damaged: DamagedRecord[] = [];
  for (const [at, number] of numbers.entries()) {
    const record = read(number, values[at]);
    if (record === undefined) damaged.push({ number, value: values[at] });
    else found.push(record);
  }
  return { found, damaged };
}

/** The number of each record of a document with local changes that are not known to be stored. */
async function waitingOf(tx: IDBTransaction, document: string): Promise<ReadonlySet<number>> {
  const index = tx.objectStore(STORES.updates).index(WAITING_INDEX);
  const keys = await result(index.getAllKeys(document));
  return new Set(keys.map(toNumber));
}

export function toStored(found: readonly FoundRecord[]): StoredDocument {
  const waiting = found.filter((record) => record.waiting);
  return {
    updates: found.map(({ bytes }) => bytes),
    local: found.reduce((sum, { changes }) => sum + changes, 0),
    unstored: waiting.reduce((sum, { changes }) => sum + changes, 0),
    unstoredRecords: waiting.map(({ number }) => number),
    unstoredUpdates: waiting.map(({ number, bytes, changes }) => ({
      record: number,
      bytes,
      changes,
    })),
  };
}

/** Takes what cannot be read out of a document, and keeps what is left of it. */
export function setAside(
  tx: IDBTransaction,
  document: string,
  damaged: readonly DamagedRecord[],
  at: number,
): readonly Quarantined[] {
  return damaged.map(({ number, value }) => {
    const { bytes, waiting } = remains(value);
    const entry: Quarantined = {
      id: `damaged-${number}`,
      document,
      code: 'record-damaged',
      message: waiting
        ? 'A change that only this device had was damaged on it.'
        : 'A part of this document was damaged on this device; the server has it.',
      at,
      text: '',
      bytes,
    };
    tx.objectStore(STORES.updates).delete(number);
    keep(tx, entry);
    return entry;
  });
}

function remains(value: unknown): { readonly bytes: Uint8Array; readonly waiting: boolean } {
  if (typeof value !== 'object' || value === null)
    return { bytes: new Uint8Array(), waiting: true };
  const bytes: unknown = 'bytes' in value ? value.bytes : undefined;
  return {
    bytes: bytes instanceof Uint8Array ? bytes : UTF8.encode(JSON.stringify(value)),
    waiting: WAITING_INDEX in value,
  };
}

/** One key per name: a cursor that skips to the next name, so that a large document costs no more than a small one. */
export async function namesIn(
  tx: IDBTransaction,
  index: typeof DOCUMENT_INDEX | typeof WAITING_INDEX,
  prefix: string,
): Promise<readonly string[]> {
  const request = tx.objectStore(STORES.updates).index(index).openKeyCursor(null, 'nextunique');
  const names: string[] = [];
  for (let cursor = await result(request); cursor !== null; cursor = await result(request)) {
    const name = cursor.key;
    // No name of ours: the index holds what is in the records.
    if (!isText(name)) break;
    if (name.startsWith(prefix)) names.push(name);
    else if (name > prefix) break;
    if (name < prefix) cursor.continue(prefix);
    else cursor.continue();
  }
  return names;
}

/**
 * Names that begin with a prefix, each with the number of its newest record and how many it has: every change of content
 * adds a record, or takes one away.
 */
export async function versionsIn(
  tx: IDBTransaction,
  prefix: string,
): Promise<ReadonlyMap<string, string>> {
  const index = tx.objectStore(STORES.updates).index(DOCUMENT_INDEX);
  const versions = new Map<string, string>();
  let name: string | undefined;
  let count = 0;
  let newest = 0;
  const end = () => {
    if (name !== undefined) versions.set(name, `${newest}/${count}`);
  };
  // Keys and numbers only; in the order of names, then of numbers.
  const request = index.openKeyCursor();
  for (let cursor = await result(request); cursor !== null; cursor = await result(request)) {
    const { key, primaryKey } = cursor;
    if (!isText(key) || !isInteger(primaryKey)) throw new WeftError('device-failed');
    if (key < prefix) {
      cursor.continue(prefix);
      continue;
    }
    if (!key.startsWith(prefix)) break;
    if (key !== name) {
      end();
      name = key;
      count = 0;
    }
    count += 1;
    newest = primaryKey;
    cursor.continue();
  }
  end();
  return versions;
}

/** Takes the mark that says that they wait from these records of a document. */
export async function markStored(
  tx: IDBTransaction,
  document: string,
  records: readonly number[],
): Promise<void> {
  const updates = tx.objectStore(STORES.updates);
  await Promise.all(
    records.map(async (number) => {
      const value: unknown = await result(updates.get(number));
      if (typeof value !== 'object' || value === null) return;
      const { [WAITING_INDEX]: waiting, ...record }: { readonly [WAITING_INDEX]?: unknown } = value;
      if (waiting === document) await result(updates.put(record, number));
    }),
  );
}

/** Puts one record in the place of others, if all of these are there still, and wait for nothing. */
export async function replace(
  tx: IDBTransaction,
  document: string,
  former: readonly FoundRecord[],
  record: DeviceRecord,
): Promise<void> {
  const updates = tx.objectStore(STORES.updates);
  const [keys, waiting] = await Promise.all([
    result(updates.index(DOCUMENT_INDEX).getAllKeys(document)),
    waitingOf(tx, document),
  ]);
  const there = new Set(keys);
  if (!former.every(({ number }) => there.has(number) && !waiting.has(number))) return;
  for (const { number } of former) updates.delete(number);
  put(tx, record, false);
}

export async function rebuild(
  tx: IDBTransaction,
  document: string,
  make: (unstored: ReadonlySet<number>) => Rebuilt | undefined,
): Promise<() => readonly number[]> {
  const updates = tx.objectStore(STORES.updates);
  const [keys, unstored] = await Promise.all([
    result(updates.index(DOCUMENT_INDEX).getAllKeys(document)),
    waitingOf(tx, document),
  ]);
  const rebuilt = make(unstored);
  if (rebuilt === undefined) return () => [];
  const remove = new Set(rebuilt.remove);
  for (const number of keys.map(toNumber)) {
    if (!unstored.has(number) || remove.has(number)) updates.delete(number);
  }
  put(tx, { document, bytes: rebuilt.state, changes: 0 });
  for (const entry of rebuilt.quarantine) keep(tx, entry);
  const local = rebuilt.local.map(({ bytes, changes }) => put(tx, { document, bytes, changes }));
  return () => local.map((number) => number());
}

/**
 * Removes all that is kept of a document.
 * @returns whether it did: not when anything of it is not known to be stored
 */
export async function evict(tx: IDBTransaction, document: string): Promise<boolean> {
  const updates = tx.objectStore(STORES.updates);
  const [keys, waiting] = await Promise.all([
    result(updates.index(DOCUMENT_INDEX).getAllKeys(document)),
    waitingOf(tx, document),
  ]);
  if (waiting.size > 0) return false;
  for (const key of keys) updates.delete(key);
  return true;
}

const isHistory = shape({ serverId: isText, epoch: isInteger });
const HISTORY = 'history';

export async function history(tx: IDBTransaction): Promise<DeviceHistory | undefined> {
  const kept: unknown = await result(tx.objectStore(STORES.meta).get(HISTORY));
  if (kept === undefined) return undefined;
  // One that cannot be read is no server's: everything will be compared anew.
  if (!isHistory(kept)) return { serverId: '', epoch: 0 };
  return { serverId: kept.serverId, epoch: kept.epoch };
}

export async function setHistory(tx: IDBTransaction, next: DeviceHistory): Promise<void> {
  const kept = await history(tx);
  const { serverId, epoch } = next;
  await result(tx.objectStore(STORES.meta).put({ serverId, epoch }, HISTORY));
  if (kept === undefined || (kept.serverId === serverId && kept.epoch === epoch)) return;
  const updates = tx.objectStore(STORES.updates);
  const request = updates.openCursor();
  for (let cursor = await result(request); cursor !== null; cursor = await result(request)) {
    const record = read(toNumber(cursor.primaryKey), cursor.value);
    if (record?.document.startsWith(SERVER_WRITTEN) === true) cursor.delete();
    else if (record !== undefined && record.changes > 0 && !record.waiting) {
      const { document, bytes, changes } = record;
      cursor.update(entry({ document, bytes, changes }, true));
    }
    cursor.continue();
  }
}
