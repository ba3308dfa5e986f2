import type { DatabaseSync } from 'node:sqlite';
import { checkClient, checkEntries } from '../check-entries.ts';
import type { Log, LogRecord } from '../log.ts';
import { contentDamaged, isSoundRecord, isSoundSnapshot } from './checksum.ts';
import { storageError } from './failures.ts';
import { TRIM_RECORDS } from './operations.ts';
import type { Submit } from './sqlite-store.ts';
import { type Row, blob, integer, optionalText, text } from './rows.ts';

/** The log over SQLite: writes are committed in groups (`group-commit.ts`), reads are this thread's own. */
export function createSqliteLog(db: DatabaseSync, file: string, submit: Submit): Log {
  const statements = {
    stream: db.prepare('SELECT id, head FROM streams WHERE name = ?'),
    read: db.prepare(
      `SELECT number, key, principal, kind, at, bytes, crc FROM records
       WHERE stream = ? AND number > ? ORDER BY number LIMIT ?`,
    ),
    find: db.prepare(
      `SELECT number, key, principal, kind, at, bytes, crc FROM records
       WHERE stream = ?1 AND number = (SELECT number FROM keys WHERE stream = ?1 AND key = ?2)`,
    ),
    snapshot: db.prepare('SELECT up_to, bytes, crc FROM snapshots WHERE stream = ?'),
  };

  const reading = <T>(work: () => T): Promise<T> => {
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

  const toRecord = (name: string, row: Row): LogRecord => {
    if (!isSoundRecord(row)) {
      throw contentDamaged(file, `record ${integer(row, 'number')} of ${name}`);
    }
    return {
      stream: name,
      number: integer(row, 'number'),
      key: optionalText(row, 'key'),
      principal: text(row, 'principal'),
      kind: text(row, 'kind'),
      at: integer(row, 'at'),
      bytes: blob(row, 'bytes'),
    };
  };

  return {
    append: async (entries) => {
      checkEntries(entries);
      // The thread gets a copy in its own time: the caller's buffers may be reused before that. Not by `slice`, which
      // for a Buffer is the same bytes.
      const kept = entries.map((entry) => ({ ...entry, bytes: new Uint8Array(entry.bytes) }));
      return submit('append', { type: 'append', entries: kept });
    },
    read: (name, after, limit) =>
      reading(() => {
        const found = stream(name);
        if (found === undefined) return [];
        return statements.read.all(found.id, after, limit).map((row) => toRecord(name, row));
      }),
    find: (name, key) =>
      reading(() => {
        const found = stream(name);
        const row = found === undefined ? undefined : statements.find.get(found.id, key);
        return row === undefined ? undefined : toRecord(name, row);
      }),
    head: (name) => reading(() => stream(name)?.head ?? 0),
    snapshot: (name) =>
      reading(() => {
        const found = stream(name);
        const row = found === undefined ? undefined : statements.snapshot.get(found.id);
        if (row === undefined) return undefined;
        if (!isSoundSnapshot(row)) throw contentDamaged(file, `the snapshot of ${name}`);
        return { upTo: integer(row, 'up_to'), bytes: blob(row, 'bytes') };
      }),
    putSnapshot: (name, { upTo, bytes }, previous) =>
      submit('put-snapshot', {
        type: 'put-snapshot',
        stream: name,
        upTo,
        bytes: new Uint8Array(bytes),
        previous,
      }),
    trim: async (name) => {
      let dropped = 0;
      for (;;) {
        const some = await submit('trim', { type: 'trim', stream: name });
        dropped += some;
        if (some < TRIM_RECORDS) return dropped;
      }
    },
    claim: async (name, client, principal) => {
      checkClient(client);
      return submit('claim', { type: 'claim', stream: name, client, principal });
    },
  };
}
