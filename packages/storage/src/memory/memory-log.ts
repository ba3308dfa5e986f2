import { checkClient, checkEntries } from '../check-entries.ts';
import { StorageError } from '../errors.ts';
import {
  ADOPTED,
  type AppendResult,
  type Log,
  type LogEntry,
  type LogRecord,
  type Snapshot,
} from '../log.ts';

import type { TextChange } from '../text-index.ts';

interface Stream {
  /** Record n at n − 1; what was trimmed is `undefined`. */
  readonly records: (LogRecord | undefined)[];
  /** Client id → its owner. */
  readonly clients: Map<number, string>;
  readonly keys: Map<string, number>;
  snapshot: Snapshot | undefined;
}

export interface MemoryLog extends Log {
  /** Refuses further appends. */
  close(): void;
}

/**
 * A log that lives as long as its process: for tests and for clients without a disk.
 * @param indexed a record brought a text
 */
export function createMemoryLog(
  indexed: (stream: string, number: number, change: TextChange) => void = () => undefined,
): MemoryLog {
  const streams = new Map<string, Stream>();
  let closed = false;

  const open = (name: string): Stream => {
    const found = streams.get(name);
    if (found !== undefined) return found;
    const made: Stream = { records: [], clients: new Map(), keys: new Map(), snapshot: undefined };
    streams.set(name, made);
    return made;
  };

  const keyed = (entry: LogEntry) =>
    entry.key === undefined ? undefined : streams.get(entry.stream)?.keys.get(entry.key);

  const append = (entries: readonly LogEntry[]): AppendResult => {
    if (closed) throw new StorageError('failed', 'This store is closed.');
    checkEntries(entries);
    const known = entries.map(keyed);
    if (known.some((number) => number !== undefined)) {
      return { outcome: 'repeated', numbers: known };
    }
    for (const { stream, after } of entries) {
      const head = streams.get(stream)?.records.length ?? 0;
      if (after !== undefined && after !== head) return { outcome: 'conflict', stream, head };
    }
    for (const { stream, principal, claims, adopt } of entries) {
      if (adopt === true) continue;
      for (const client of claims ?? []) {
        const owner = streams.get(stream)?.clients.get(client) ?? principal;
        if (owner !== principal) return { outcome: 'taken', stream, client };
      }
    }
    const numbers = entries.map((entry) => {
      const stream = open(entry.stream);
      const claims = entry.claims ?? [];
      const adopted =
        entry.adopt === true &&
        claims.some((client) => stream.clients.get(client) !== entry.principal);
      if (!adopted) for (const client of claims) stream.clients.set(client, entry.principal);
      const number = stream.records.length + 1;
      stream.records.push({
        stream: entry.stream,
        number,
        key: entry.key,
        principal: entry.principal,
        kind: adopted ? ADOPTED : entry.kind,
        at: entry.at,
        // Not by `slice`, which for a Buffer is the same bytes.
        bytes: new Uint8Array(entry.bytes),
      });
      if (entry.key !== undefined) stream.keys.set(entry.key, number);
      if (entry.text !== undefined) indexed(entry.stream, number, entry.text);
      return number;
    });
    return { outcome: 'appended', numbers };
  };

  return {
    append: async (entries) => append(entries),
    read: async (name, after, limit) =>
      (streams.get(name)?.records.slice(after) ?? [])
        .filter((record) => record !== undefined)
        .slice(0, limit),
    find: async (name, key) => {
      const stream = streams.get(name);
      const number = stream?.keys.get(key);
      return number === undefined ? undefined : stream?.records[number - 1];
    },
    head: async (name) => streams.get(name)?.records.length ?? 0,
    snapshot: async (name) => streams.get(name)?.snapshot,
    putSnapshot: async (name, snapshot, previous) => {
      const stream = open(name);
      if ((stream.snapshot?.upTo ?? 0) !== previous) return false;
      stream.snapshot = { upTo: snapshot.upTo, bytes: new Uint8Array(snapshot.bytes) };
      return true;
    },
    trim: async (name) => {
      const stream = streams.get(name);
      let dropped = 0;
      for (let index = 0; index < (stream?.snapshot?.upTo ?? 0); index += 1) {
        const record = stream?.records[index];
        if (stream === undefined || record === undefined || record.kind === ADOPTED) continue;
        stream.records[index] = undefined;
        dropped += 1;
      }
      return dropped;
    },
    claim: async (name, client, principal) => {
      checkClient(client);
      const { clients } = open(name);
      const owner = clients.get(client) ?? principal;
      clients.set(client, owner);
      return owner;
    },
    close: () => {
      closed = true;
    },
  };
}
