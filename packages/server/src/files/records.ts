import { type FileNaming, fileStream } from '@weft/protocol';
import type { Log, LogEntry, LogRecord } from '@weft/storage';
import * as v from 'valibot';

/**
 * What is known of a file: who brought its bytes, and which messages name it. One stream for each file, so that what an
 * event changes in it is appended with the event.
 */

export const fileRecordSchema = v.variant('type', [
  /** The record's principal had the bytes. */
  v.object({ type: v.literal('brought') }),
  v.object({ type: v.literal('named'), conversation: v.string(), sequence: v.number() }),
  /** The message was deleted, or edited without it. */
  v.object({ type: v.literal('dropped'), conversation: v.string(), sequence: v.number() }),
]);
export type FileRecord = v.InferOutput<typeof fileRecordSchema>;

/** What the records of a file say together. */
export interface FileState {
  /** Everybody who brought its bytes, by their `sub`. */
  readonly broughtBy: ReadonlySet<string>;
  /** Conversation → sequences of its messages that name the file. */
  readonly named: ReadonlyMap<string, ReadonlySet<number>>;
  /** When a message last ceased to name it, UTC milliseconds of the server; 0 when none ever did. */
  readonly droppedAt: number;
}

/** A state that goes on with the records: to copy it for each would cost a file of many messages their square. */
class Folded implements FileState {
  readonly broughtBy = new Set<string>();
  readonly named = new Map<string, Set<number>>();
  droppedAt = 0;
  /** Number of the last record in it. */
  number = 0;

  /** Takes records in that follow each other; what it has already, somebody else has read beside this reader. */
  take(records: readonly LogRecord[]): void {
    for (const record of records) {
      if (record.number <= this.number) continue;
      this.#take(readFileRecord(record.bytes), record);
      this.number = record.number;
    }
  }

  #take(what: FileRecord, { principal, at }: LogRecord): void {
    if (what.type === 'brought') {
      this.broughtBy.add(principal);
      return;
    }
    const { conversation, sequence } = what;
    const sequences = this.named.get(conversation) ?? new Set<number>();
    if (what.type === 'named') {
      sequences.add(sequence);
      this.named.set(conversation, sequences);
      return;
    }
    sequences.delete(sequence);
    if (sequences.size === 0) this.named.delete(conversation);
    this.droppedAt = Math.max(this.droppedAt, at);
  }
}

const utf8 = new TextEncoder();

function entryOf(tenant: string, hash: string, record: FileRecord) {
  return {
    stream: fileStream(tenant, hash),
    kind: 'file',
    bytes: utf8.encode(JSON.stringify(record)),
  };
}

/** What an event appends beside itself, for each file that its message names from now on, or no more. */
export function namingEntries(
  tenant: string,
  message: { readonly conversation: string; readonly sequence: number },
  namings: readonly FileNaming[],
  common: { readonly principal: string; readonly at: number },
): readonly LogEntry[] {
  return namings.map(({ hash, names }) => ({
    ...common,
    ...entryOf(tenant, hash, { type: names ? 'named' : 'dropped', ...message }),
  }));
}

/** What the bringing of a file appends; bringing it again is known by its key, and writes nothing. */
export function broughtEntry(tenant: string, hash: string, sub: string, at: number): LogEntry {
  return {
    ...entryOf(tenant, hash, { type: 'brought' }),
    key: `brought/${sub}`,
    principal: sub,
    at,
  };
}

/** Records per read: whoever appends waits for no longer than one takes. */
const PAGE = 256;

/** Files whose state is kept: those on a screen are asked for at once. */
const KEPT = 512;

/** Reads states off the log, and keeps those asked for last. */
export class FileReader {
  readonly #log: Pick<Log, 'read'>;
  readonly #keeps: number;
  /** By stream, the one used last at the end. */
  readonly #kept = new Map<string, Folded>();

  /** @param keeps how many states it keeps */
  constructor(log: Pick<Log, 'read'>, keeps = KEPT) {
    this.#log = log;
    this.#keeps = keeps;
  }

  /**
   * What is known of a file now. It goes on with the file while it is kept: whoever needs it as it was takes a copy.
   * @throws Error when a record is none: the database was changed by something else
   */
  async of(tenant: string, hash: string): Promise<FileState> {
    const stream = fileStream(tenant, hash);
    const state = this.#kept.get(stream) ?? new Folded();
    for (;;) {
      const records = await this.#log.read(stream, state.number, PAGE);
      state.take(records);
      if (records.length < PAGE) break;
      // A promise alone lets nobody in between: a file of many messages would hold up all who write.
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.#kept.delete(stream);
    if (state.number > 0) this.#kept.set(stream, state);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > this.#keeps && oldest !== undefined) this.#kept.delete(oldest);
    return state;
  }
}

/** @throws Error when these bytes are no record of a file */
export function readFileRecord(bytes: Uint8Array): FileRecord {
  return v.parse(fileRecordSchema, JSON.parse(new TextDecoder().decode(bytes)));
}
