import { type FileNaming, fileStream } from '@weft/protocol';
import type { Log, LogEntry } from '@weft/storage';
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
}

export const UNKNOWN_FILE: FileState = { broughtBy: new Set(), named: new Map() };

/** The state behind one more record. */
export function stateAfterRecord(
  state: FileState,
  record: FileRecord,
  principal: string,
): FileState {
  if (record.type === 'brought') {
    return { ...state, broughtBy: new Set(state.broughtBy).add(principal) };
  }
  const { conversation, sequence } = record;
  const sequences = new Set(state.named.get(conversation));
  if (record.type === 'named') sequences.add(sequence);
  else sequences.delete(sequence);
  const named = new Map(state.named);
  if (sequences.size > 0) named.set(conversation, sequences);
  else named.delete(conversation);
  return { ...state, named };
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

/** Records per read. */
const PAGE = 1_000;

/** Files whose state is kept: those on a screen are asked for at once. */
const KEPT = 512;

/** Reads states off the log, and keeps those asked for last. */
export class FileReader {
  readonly #log: Pick<Log, 'read'>;
  /** By stream, the one used last at the end. */
  readonly #kept = new Map<string, { readonly number: number; readonly state: FileState }>();

  constructor(log: Pick<Log, 'read'>) {
    this.#log = log;
  }

  /** @throws Error when a record is none: the database was changed by something else */
  async of(tenant: string, hash: string): Promise<FileState> {
    const stream = fileStream(tenant, hash);
    let { number, state } = this.#kept.get(stream) ?? { number: 0, state: UNKNOWN_FILE };
    for (;;) {
      const records = await this.#log.read(stream, number, PAGE);
      for (const record of records) {
        number = record.number;
        state = stateAfterRecord(state, readFileRecord(record.bytes), record.principal);
      }
      if (records.length < PAGE) break;
    }
    this.#kept.delete(stream);
    if (number > 0) this.#kept.set(stream, { number, state });
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > KEPT && oldest !== undefined) this.#kept.delete(oldest);
    return state;
  }
}

/** @throws Error when these bytes are no record of a file */
export function readFileRecord(bytes: Uint8Array): FileRecord {
  return v.parse(fileRecordSchema, JSON.parse(new TextDecoder().decode(bytes)));
}
