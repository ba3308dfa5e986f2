import type { Log } from '@weft/storage';
import * as Y from 'yjs';

/** Records per read: a long tail must not be held in memory twice. */
const PAGE = 1000;

/** Marks what came from the log: it is durable and needs no further storing. */
export const LOG_ORIGIN = { source: 'local', skipStoreHooks: true } as const;

/**
 * Brings a document to a stream's head: the snapshot, when the document is new, and the records after `applied`, in
 * one transaction, so that a reader never sees half of it and Yjs cleans up once.
 * @returns the number that the document stands at
 */
export async function catchUp(
  log: Log,
  stream: string,
  doc: Y.Doc,
  applied: number,
): Promise<number> {
  const updates: Uint8Array[] = [];
  let number = applied;
  if (applied === 0) {
    const snapshot = await log.snapshot(stream);
    if (snapshot !== undefined) {
      updates.push(snapshot.bytes);
      number = snapshot.upTo;
    }
  }
  for (;;) {
    const records = await log.read(stream, number, PAGE);
    for (const record of records) {
      updates.push(record.bytes);
      number = record.number;
    }
    if (records.length < PAGE) break;
  }
  if (updates.length > 0) {
    doc.transact(() => {
      for (const update of updates) Y.applyUpdate(doc, update, LOG_ORIGIN);
    }, LOG_ORIGIN);
  }
  return number;
}
