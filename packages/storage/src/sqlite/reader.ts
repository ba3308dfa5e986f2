import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { ADOPTED, type Log } from '../log.ts';
import { StorageError } from '../errors.ts';
import type { Identity } from '../store.ts';
import { storageError } from './failures.ts';
import { readIdentity } from './identity.ts';
import { judgeOwner } from './judge.ts';
import { integer, number, text } from './rows.ts';
import { MIGRATIONS } from './schema.ts';
import { createSqliteLog } from './sqlite-log.ts';
import { structureProblems } from './structure.ts';

/** What a database holds, in numbers. */
export interface DatabaseFigures {
  readonly version: number;
  /** Of the file and what of the WAL belongs to it. */
  readonly bytes: number;
  readonly streams: number;
  readonly records: number;
  /** Of all records. */
  readonly recordBytes: number;
  readonly snapshots: number;
  readonly snapshotBytes: number;
  /** Records that somebody brought back who is not known to have written them. */
  readonly adopted: number;
  /** Records and snapshots from before there were checksums: damage within them is not seen. */
  readonly unsummed: number;
}

/** One moment of a database, read beside a server that may be writing to it. */
export interface SqliteReader {
  readonly log: Pick<Log, 'read' | 'find' | 'head' | 'snapshot'>;
  readonly identity: Identity;
  readonly figures: DatabaseFigures;
  /** Names of all streams, sorted. */
  readonly streams: readonly string[];
  /** Of a stream's things with a text: the number of the record that brought it. */
  readonly texts: (stream: string) => ReadonlyMap<number, number>;
  /** What is wrong with the file and with the numbers in it, one line each; empty when nothing is. */
  problems(): readonly string[];
  /** Idempotent. */
  close(): void;
}

/**
 * Opens a database for reading only: one transaction, so that all that is read belongs to one moment.
 * @throws StorageError `not-a-database`, `newer` or `damaged`; `failed` for one that must be migrated first
 */
export function openSqliteReader(options: { readonly file: string }): SqliteReader {
  const { file } = options;
  if (!existsSync(file)) throw new StorageError('not-a-database', `There is no ${file}.`);
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(file, { readOnly: true });
    db.exec('BEGIN');
    return readerOver(db, file);
  } catch (error) {
    db?.close();
    throw storageError(error, file);
  }
}

function readerOver(db: DatabaseSync, file: string): SqliteReader {
  const version = judgeOwner(db, file);
  if (version === 0) throw new StorageError('not-a-database', `${file} holds nothing.`);
  if (version < MIGRATIONS.length) {
    throw new StorageError(
      'failed',
      `${file} is of version ${version}; the next start of the server brings it to ${MIGRATIONS.length}.`,
    );
  }
  const readOnly = () => Promise.reject(new StorageError('failed', `${file} is open for reading.`));
  const value = (sql: string) => number(db, `SELECT (${sql}) AS value`);
  return {
    log: createSqliteLog(db, file, readOnly),
    identity: readIdentity(db),
    streams: db
      .prepare('SELECT name FROM streams ORDER BY name')
      .all()
      .map((row) => text(row, 'name')),
    figures: {
      version,
      bytes:
        value('SELECT page_count FROM pragma_page_count') *
        value('SELECT page_size FROM pragma_page_size'),
      streams: value('SELECT count(*) FROM streams'),
      records: value('SELECT count(*) FROM records'),
      recordBytes: value('SELECT coalesce(sum(length(bytes)), 0) FROM records'),
      snapshots: value('SELECT count(*) FROM snapshots'),
      snapshotBytes: value('SELECT coalesce(sum(length(bytes)), 0) FROM snapshots'),
      adopted: value(`SELECT count(*) FROM records WHERE kind = '${ADOPTED}'`),
      unsummed:
        value('SELECT count(*) FROM records WHERE crc IS NULL') +
        value('SELECT count(*) FROM snapshots WHERE crc IS NULL'),
    },
    texts: (stream) =>
      new Map(
        db
          .prepare('SELECT item, number FROM texts JOIN streams ON id = stream WHERE name = ?')
          .all(stream)
          .map((row) => [integer(row, 'item'), integer(row, 'number')]),
      ),
    problems: () => structureProblems(db),
    close: () => {
      if (db.isOpen) db.close();
    },
  };
}
