import { type Log, StorageError } from '@weft/storage';
import * as Y from 'yjs';

/** Records per read: a long tail must not be held in memory twice. */
const PAGE = 1_000;

/** How a stream is read. */
export interface ReadingPace {
  /** Records per read. */
  readonly page: number;
  /** Called between two reads. */
  readonly pause: () => Promise<void>;
}

const AT_ONCE: ReadingPace = { page: PAGE, pause: () => Promise.resolve() };

/** How often a stream may be folded under a reader before something else must be wrong. */
const ATTEMPTS = 8;

/** What reading a stream takes. */
export type ReadableLog = Pick<Log, 'read' | 'head' | 'snapshot'>;

/** Marks what came from the log: it is durable and needs no further storing. */
export const LOG_ORIGIN = { source: 'local', skipStoreHooks: true } as const;

/** What a stream holds after some number. */
export interface StreamContent {
  /** The snapshot, where it reaches beyond what the reader has, and the records behind it, in order. */
  readonly updates: readonly Uint8Array[];
  /** Bytes of the snapshot among them; 0 without one. */
  readonly snapshotBytes: number;
  /** Number of the newest record in them; the reader's own when there is nothing new. */
  readonly number: number;
}

/**
 * Reads a stream from `after` to its head. While it reads, the stream may be folded and trimmed: then records are
 * missing between the snapshot it saw and those it reads, and it begins again.
 * @throws StorageError when records are missing that no snapshot holds
 */
export async function readStream(
  log: ReadableLog,
  stream: string,
  after: number,
  pace = AT_ONCE,
): Promise<StreamContent> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const head = await log.head(stream);
    const content = await tryRead(log, stream, after, pace);
    if (content !== undefined && content.number >= head) return content;
  }
  throw new StorageError('failed', `Records of ${stream} are missing.`);
}

async function tryRead(
  log: ReadableLog,
  stream: string,
  after: number,
  { page, pause }: ReadingPace,
): Promise<StreamContent | undefined> {
  const snapshot = await log.snapshot(stream);
  const useful = snapshot !== undefined && snapshot.upTo > after;
  const updates: Uint8Array[] = useful ? [snapshot.bytes] : [];
  let number = useful ? snapshot.upTo : after;
  for (;;) {
    const records = await log.read(stream, number, page);
    for (const record of records) {
      if (record.number !== number + 1) return undefined;
      updates.push(record.bytes);
      number = record.number;
    }
    if (records.length < page) break;
    await pause();
  }
  return { updates, number, snapshotBytes: useful ? snapshot.bytes.length : 0 };
}

/**
 * Brings a document from record `after` to a stream's head, in one transaction, so that a reader never sees half of it
 * and Yjs works once.
 */
export async function catchUp(
  log: ReadableLog,
  stream: string,
  doc: Y.Doc,
  after: number,
): Promise<StreamContent> {
  const content = await readStream(log, stream, after);
  if (content.updates.length > 0) {
    doc.transact(() => {
      for (const update of content.updates) Y.applyUpdate(doc, update, LOG_ORIGIN);
    }, LOG_ORIGIN);
  }
  return content;
}
