import type { DatabaseSync } from 'node:sqlite';
import { checkClient, checkEntries } from '../check-entries.ts';
import { StorageError } from '../errors.ts';
import type { AppendResult, Log, LogEntry, LogRecord } from '../log.ts';
import { storageError } from './database.ts';
import { type Row, blob, integer, optionalText, text } from './rows.ts';

/** One transaction holds at most this much: a commit must not keep the event loop for long. */
const BATCH_BYTES = 4 * 1024 * 1024;
const BATCH_APPENDS = 1024;

interface Waiting {
  readonly entries: readonly LogEntry[];
  readonly resolve: (result: AppendResult) => void;
  readonly reject: (error: Error) => void;
}

export interface SqliteLog extends Log {
  /** Commits what waits, then refuses further appends. */
  close(): Promise<void>;
}

/**
 * The log over SQLite with group commit: everything that arrives in one turn of the event loop, for all streams,
 * is one transaction and one fsync. Appends are committed in the order of their calls.
 */
export function createSqliteLog(db: DatabaseSync, file: string): SqliteLog {
  const statements = {
    stream: db.prepare('SELECT id, head FROM streams WHERE name = ?'),
    addStream: db.prepare('INSERT INTO streams (name, head) VALUES (?, 0) RETURNING id'),
    setHead: db.prepare('UPDATE streams SET head = ? WHERE id = ?'),
    keyed: db.prepare('SELECT number FROM keys WHERE stream = ? AND key = ?'),
    addKey: db.prepare('INSERT INTO keys (stream, key, number) VALUES (?, ?, ?)'),
    owner: db.prepare('SELECT principal FROM clients WHERE stream = ? AND client = ?'),
    own: db.prepare(
      'INSERT INTO clients (stream, client, principal) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
    ),
    trim: db.prepare('DELETE FROM records WHERE stream = ? AND number <= ?'),
    insert: db.prepare(
      'INSERT INTO records (stream, number, key, principal, kind, at, bytes) VALUES (?, ?, ?, ?, ?, ?, ?)',
    ),
    read: db.prepare(
      `SELECT number, key, principal, kind, at, bytes FROM records
       WHERE stream = ? AND number > ? ORDER BY number LIMIT ?`,
    ),
    find: db.prepare(
      `SELECT number, key, principal, kind, at, bytes FROM records
       WHERE stream = ?1 AND number = (SELECT number FROM keys WHERE stream = ?1 AND key = ?2)`,
    ),
    snapshot: db.prepare('SELECT up_to, bytes FROM snapshots WHERE stream = ?'),
    putSnapshot: db.prepare(
      `INSERT INTO snapshots (stream, up_to, bytes) VALUES (?1, ?2, ?3)
       ON CONFLICT (stream) DO UPDATE SET up_to = ?2, bytes = ?3`,
    ),
  };

  let waiting: Waiting[] = [];
  let scheduled = false;
  let closed = false;
  let idle: (() => void) | undefined;

  const guarded = <T>(work: () => T): Promise<T> => {
    try {
      return Promise.resolve(work());
    } catch (error) {
      return Promise.reject(storageError(error, file));
    }
  };

  const stream = (name: string): { id: number; head: number } | undefined => {
    const row = statements.stream.get(name);
    return row === undefined ? undefined : { id: integer(row, 'id'), head: integer(row, 'head') };
  };

  const appendOne = (entries: readonly LogEntry[]): AppendResult => {
    const known = entries.map(({ stream: name, key }) => {
      const found = key === undefined ? undefined : stream(name);
      if (found === undefined || key === undefined) return undefined;
      const row = statements.keyed.get(found.id, key);
      return row === undefined ? undefined : integer(row, 'number');
    });
    if (known.some((number) => number !== undefined)) {
      return { outcome: 'repeated', numbers: known };
    }
    for (const { stream: name, after } of entries) {
      if (after === undefined) continue;
      const head = stream(name)?.head ?? 0;
      if (after !== head) return { outcome: 'conflict', stream: name, head };
    }
    for (const { stream: name, principal, claims } of entries) {
      const found = claims === undefined ? undefined : stream(name);
      if (found === undefined || claims === undefined) continue;
      for (const client of claims) {
        const row = statements.owner.get(found.id, client);
        if (row !== undefined && text(row, 'principal') !== principal) {
          return { outcome: 'taken', stream: name, client };
        }
      }
    }
    const numbers = entries.map((entry) => {
      const found = stream(entry.stream) ?? {
        id: integer(statements.addStream.get(entry.stream) ?? {}, 'id'),
        head: 0,
      };
      const number = found.head + 1;
      const { key = null, principal, kind, at, bytes } = entry;
      statements.insert.run(found.id, number, key, principal, kind, at, bytes);
      statements.setHead.run(number, found.id);
      if (key !== null) statements.addKey.run(found.id, key, number);
      for (const client of entry.claims ?? []) statements.own.run(found.id, client, principal);
      return number;
    });
    return { outcome: 'appended', numbers };
  };

  /** Takes the next transaction's appends off the queue. */
  const takeBatch = (): readonly Waiting[] => {
    let bytes = 0;
    let count = 0;
    for (const { entries } of waiting) {
      for (const entry of entries) bytes += entry.bytes.length;
      if (count > 0 && (bytes > BATCH_BYTES || count >= BATCH_APPENDS)) break;
      count += 1;
    }
    const batch = waiting.slice(0, count);
    waiting = waiting.slice(count);
    return batch;
  };

  const commitBatch = () => {
    scheduled = false;
    const batch = takeBatch();
    if (waiting.length > 0) schedule();
    let results: readonly AppendResult[];
    try {
      db.exec('BEGIN IMMEDIATE');
      results = batch.map(({ entries }) => appendOne(entries));
      db.exec('COMMIT');
    } catch (error) {
      // A failed statement may have ended the transaction by itself (full disk, I/O error).
      if (db.isTransaction) db.exec('ROLLBACK');
      const failure = storageError(error, file);
      for (const { reject } of batch) reject(failure);
      idle?.();
      return;
    }
    for (const [index, { resolve }] of batch.entries()) {
      const result = results[index];
      if (result !== undefined) resolve(result);
    }
    idle?.();
  };

  const schedule = () => {
    if (scheduled) return;
    scheduled = true;
    setImmediate(commitBatch);
  };

  const toRecord = (name: string, row: Row): LogRecord => ({
    stream: name,
    number: integer(row, 'number'),
    key: optionalText(row, 'key'),
    principal: text(row, 'principal'),
    kind: text(row, 'kind'),
    at: integer(row, 'at'),
    bytes: blob(row, 'bytes'),
  });

  return {
    append: (entries) =>
      new Promise((resolve, reject) => {
        if (closed) {
          reject(new StorageError('failed', `${file} is closed.`));
          return;
        }
        checkEntries(entries);
        waiting.push({ entries, resolve, reject });
        schedule();
      }),
    read: (name, after, limit) =>
      guarded(() => {
        const found = stream(name);
        if (found === undefined) return [];
        return statements.read.all(found.id, after, limit).map((row) => toRecord(name, row));
      }),
    find: (name, key) =>
      guarded(() => {
        const found = stream(name);
        const row = found === undefined ? undefined : statements.find.get(found.id, key);
        return row === undefined ? undefined : toRecord(name, row);
      }),
    head: (name) => guarded(() => stream(name)?.head ?? 0),
    snapshot: (name) =>
      guarded(() => {
        const found = stream(name);
        const row = found === undefined ? undefined : statements.snapshot.get(found.id);
        return row === undefined
          ? undefined
          : { upTo: integer(row, 'up_to'), bytes: blob(row, 'bytes') };
      }),
    putSnapshot: (name, snapshot, previous) =>
      guarded(() => {
        const found = stream(name);
        if (found === undefined) return false;
        const row = statements.snapshot.get(found.id);
        if ((row === undefined ? 0 : integer(row, 'up_to')) !== previous) return false;
        statements.putSnapshot.run(found.id, snapshot.upTo, snapshot.bytes);
        return true;
      }),
    trim: (name) =>
      guarded(() => {
        const found = stream(name);
        const row = found === undefined ? undefined : statements.snapshot.get(found.id);
        if (found === undefined || row === undefined) return 0;
        return Number(statements.trim.run(found.id, integer(row, 'up_to')).changes);
      }),
    claim: (name, client, principal) =>
      guarded(() => {
        checkClient(client);
        const id = stream(name)?.id ?? integer(statements.addStream.get(name) ?? {}, 'id');
        statements.own.run(id, client, principal);
        return text(statements.owner.get(id, client) ?? {}, 'principal');
      }),
    close: async () => {
      closed = true;
      while (waiting.length > 0 || scheduled) {
        await new Promise<void>((resolve) => {
          idle = resolve;
        });
      }
    },
  };
}
