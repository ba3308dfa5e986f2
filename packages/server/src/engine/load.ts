import type { Log } from '@weft/storage';
import * as Y from 'yjs';

/** Records per read: a long tail must not be held in memory twice. */
const PAGE = 1000;

/** Marks what came from the log: it is durable and needs no further storing. */
export const LOG_ORIGIN = { source: 'local', skipStoreHooks: true } as const;

/** Where a document stands in its stream. */
export interface Applied {
  /** Number of the newest record it holds. */
  readonly number: number;
  /** Bytes of the snapshot and records it was made from. */
  readonly bytes: number;
}

/** A document that holds nothing yet. */
export const NOTHING_APPLIED: Applied = { number: 0, bytes: 0 };

/**
 * Brings a document to a stream's head: the snapshot, when the document is new, and the records after `applied`, in
 * one transaction, so that a reader never sees half of it and Yjs cleans up once.
 */
export async function catchUp(
  log: Log,
  stream: string,
  doc: Y.Doc,
  applied: Applied,
): Promise<Applied> {
  const updates: Uint8Array[] = [];
  let { number } = applied;
  if (number === 0) {
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
  const bytes = updates.reduce((sum, update) => sum + update.length, applied.bytes);
  return { number, bytes };
}
