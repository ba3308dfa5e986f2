import { randomUUID } from 'node:crypto';
import { accessSync, constants, existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StorageError } from '../errors.ts';
import type { Identity } from '../store.ts';
import { APPLICATION_ID, MIGRATIONS } from './schema.ts';

/** SQLite's primary result codes that we tell apart (sqlite.org/rescode.html). */
const Result = { Busy: 5, ReadOnly: 8, CannotOpen: 14, NotADatabase: 26 } as const;

/** The primary result code of an error of `node:sqlite`; `undefined` for any other error. */
function resultCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error)) return undefined;
  return typeof error.errcode === 'number' ? error.errcode & 0xff : undefined;
}

/** Puts a failure of the medium into one line that says what to do. */
export function storageError(error: unknown, file: string): StorageError {
  if (error instanceof StorageError) return error;
  const detail = error instanceof Error ? error.message : String(error);
  switch (resultCode(error)) {
    case Result.NotADatabase:
      return new StorageError(
        'not-a-database',
        `${file} is not a Weft database. Move it away, or choose another data directory.`,
        { cause: error },
      );
    case Result.Busy:
      return new StorageError(
        'in-use',
        `${file} is in use by another process. Stop that one, or choose another data directory.`,
        { cause: error },
      );
    case Result.ReadOnly:
    case Result.CannotOpen:
      return new StorageError('unwritable', `${file} cannot be written: ${detail}.`, {
        cause: error,
      });
    default:
      return new StorageError('failed', `${file}: ${detail}`, { cause: error });
  }
}

/** An open database and the lock that keeps a second server off it. */
export interface OpenDatabase {
  readonly db: DatabaseSync;
  readonly identity: Identity;
  readonly close: () => void;
}

/**
 * Opens or makes a database. Nothing is written before the file is known to be ours or empty.
 * @throws StorageError `in-use`, `not-a-database`, `newer`, `unwritable` or `failed`
 */
export function openDatabase(file: string): OpenDatabase {
  try {
    accessSync(dirname(file), constants.W_OK);
  } catch (cause) {
    throw new StorageError('unwritable', `${dirname(file)} cannot be written.`, { cause });
  }
  const opened: DatabaseSync[] = [];
  const open = (path: string): DatabaseSync => {
    const db = new DatabaseSync(path, { timeout: 0 });
    opened.push(db);
    return db;
  };
  try {
    if (existsSync(file)) judgeFile(file);
    // A lock of its own leaves the database readable for `weft check` and for a back-up while the server runs. The
    // kernel drops it with the process, so that SIGKILL leaves nothing stale behind.
    const lock = open(`${file}.lock`);
    lock.exec('PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE');
    const db = open(file);
    configure(db);
    migrate(db);
    const identity = readIdentity(db);
    return { db, identity, close: () => closeAll(opened) };
  } catch (error) {
    closeAll(opened);
    throw storageError(error, file);
  }
}

/** What every connection of ours is set to. */
export function configure(db: DatabaseSync): void {
  db.exec('PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
  db.exec('PRAGMA foreign_keys = ON');
}

/** Read-only, before anything else: a foreign or newer file is refused without a byte changed. */
function judgeFile(file: string): void {
  const db = new DatabaseSync(file, { readOnly: true, timeout: 0 });
  try {
    const empty = number(db, 'SELECT count(*) AS value FROM sqlite_schema') === 0;
    const application = number(db, 'SELECT application_id AS value FROM pragma_application_id');
    const version = number(db, 'SELECT user_version AS value FROM pragma_user_version');
    if (!empty && application !== APPLICATION_ID) {
      throw new StorageError(
        'not-a-database',
        `${file} is a database of another program. Move it away, or choose another data directory.`,
      );
    }
    if (version > MIGRATIONS.length) {
      throw new StorageError(
        'newer',
        `${file} was written by a newer Weft (version ${version}, this one knows ${MIGRATIONS.length}). Update Weft, or restore an older back-up.`,
      );
    }
  } finally {
    db.close();
  }
}

function migrate(db: DatabaseSync): void {
  const version = number(db, 'SELECT user_version AS value FROM pragma_user_version');
  if (version === MIGRATIONS.length) return;
  db.exec('BEGIN IMMEDIATE');
  try {
    for (const sql of MIGRATIONS.slice(version)) db.exec(sql);
    db.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
    db.exec(`PRAGMA user_version = ${MIGRATIONS.length}`);
    if (version === 0) {
      const set = db.prepare('INSERT INTO meta (name, value) VALUES (?, ?)');
      set.run('server-id', randomUUID());
      set.run('epoch', '1');
    }
    db.exec('COMMIT');
  } catch (error) {
    db.exec('ROLLBACK');
    throw error;
  }
}

function readIdentity(db: DatabaseSync): Identity {
  const get = db.prepare('SELECT value FROM meta WHERE name = ?');
  const serverId = get.get('server-id')?.['value'];
  const epoch = Number(get.get('epoch')?.['value']);
  if (typeof serverId !== 'string' || !Number.isSafeInteger(epoch) || epoch < 1) {
    throw new StorageError(
      'not-a-database',
      'The database has lost its identity. Restore a back-up.',
    );
  }
  return { serverId, epoch };
}

function number(db: DatabaseSync, sql: string): number {
  return Number(db.prepare(sql).get()?.['value']);
}

function closeAll(opened: readonly DatabaseSync[]): void {
  for (const db of opened.toReversed()) if (db.isOpen) db.close();
}
