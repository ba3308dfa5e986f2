import { checkEntries } from '../check-entries.ts';
import { StorageError } from '../errors.ts';
import type { AppendResult, Log, LogEntry, LogRecord, Snapshot } from '../log.ts';

interface Stream {
  readonly records: LogRecord[];
  readonly keys: Map<string, number>;
  snapshot: Snapshot | undefined;
}

export interface MemoryLog extends Log {
  /** Refuses further appends. */
  close(): void;
}

/** A log that lives as long as its process: for tests and for clients without a disk. */
export function createMemoryLog(): MemoryLog {
  const streams = new Map<string, Stream>();
  let closed = false;

  const open = (name: string): Stream => {
    const found = streams.get(name);
    if (found !== undefined) return found;
    const made: Stream = { records: [], keys: new Map(), snapshot: undefined };
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
    const numbers = entries.map((entry) => {
      const stream = open(entry.stream);
      const number = stream.records.length + 1;
      stream.records.push({
        stream: entry.stream,
        number,
        key: entry.key,
        principal: entry.principal,
        kind: entry.kind,
        at: entry.at,
        bytes: entry.bytes.slice(),
      });
      if (entry.key !== undefined) stream.keys.set(entry.key, number);
      return number;
    });
    return { outcome: 'appended', numbers };
  };

  return {
    append: async (entries) => append(entries),
    read: async (name, after, limit) =>
      streams.get(name)?.records.slice(after, after + limit) ?? [],
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
      stream.snapshot = { upTo: snapshot.upTo, bytes: snapshot.bytes.slice() };
      return true;
    },
    close: () => {
      closed = true;
    },
  };
}
