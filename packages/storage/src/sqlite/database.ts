import { randomUUID } from 'node:crypto';
import { accessSync, constants, existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StorageError } from '../errors.ts';
import type { Identity } from '../store.ts';
import { storageError } from './failures.ts';
import { Meta, readIdentity, writeMeta } from './identity.ts';
import { judgeFile } from './judge.ts';
import { number } from './rows.ts';
import { APPLICATION_ID, MIGRATIONS } from './schema.ts';

/** Milliseconds that a connection waits for another one's lock, unless told otherwise. */
const PATIENCE_MS = 5_000;

/** Pages that a connection keeps: with SQLite's 2 MB, 500 busy documents read their last pages anew at each commit. */
const CACHE_KIB = 16 * 1024;

/** An open database and the lock that keeps a second server off it. */
export interface OpenDatabase {
  readonly db: DatabaseSync;
  readonly identity: Identity;
  readonly close: () => void;
}

/**
 * Opens or makes a database. Nothing is written before the file is known to be ours or empty.
 * @throws StorageError `in-use`, `not-a-database`, `newer`, `damaged`, `unwritable` or `failed`
 */
export function openDatabase(file: string): OpenDatabase {
  checkDirectory(file);
  const opened: DatabaseSync[] = [];
  const close = () => {
    for (const db of opened.toReversed()) if (db.isOpen) db.close();
  };
  try {
    if (existsSync(unfinishedRestore(file))) {
      throw new StorageError(
        'damaged',
        `${file} was being restored, and that was not finished. Run "weft restore <backup>" again.`,
      );
    }
    if (existsSync(file)) judgeFile(file);
    opened.push(lockDatabase(file));
    const db = new DatabaseSync(file, { timeout: 0 });
    opened.push(db);
    configure(db);
    migrate(db);
    return { db, identity: readIdentity(db), close };
  } catch (error) {
    close();
    throw storageError(error, file);
  }
}

/** @throws StorageError `unwritable` */
export function checkDirectory(file: string): void {
  try {
    accessSync(dirname(file), constants.W_OK);
  } catch (cause) {
    throw new StorageError('unwritable', `${dirname(file)} cannot be written.`, { cause });
  }
}

/** Where a restored database lies from when it is complete until it has the place of the old one. */
export function unfinishedRestore(file: string): string {
  return `${file}.restored`;
}

/**
 * Takes the lock of a database until the connection is closed. A lock of its own leaves the database readable for
 * `weft check` and for a back-up while the server runs. The kernel drops it with the process, so that SIGKILL leaves
 * nothing stale behind.
 * @throws an error of `node:sqlite`, which `storageError` turns into `in-use`, when another process has it
 */
export function lockDatabase(file: string): DatabaseSync {
  const lock = new DatabaseSync(`${file}.lock`, { timeout: 0 });
  try {
    lock.exec('PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE');
    return lock;
  } catch (error) {
    lock.close();
    throw error;
  }
}

/** What every connection of ours is set to. @param patience milliseconds to wait for another one's lock */
export function configure(db: DatabaseSync, patience = PATIENCE_MS): void {
  db.exec(
    `PRAGMA busy_timeout = ${patience}; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL`,
  );
  db.exec(`PRAGMA foreign_keys = ON; PRAGMA cache_size = -${CACHE_KIB}`);
}

/** Brings a database to this version, in one transaction. An empty one gets its identity. */
export function migrate(db: DatabaseSync): void {
  const version = number(db, 'SELECT user_version AS value FROM pragma_user_version');
  if (version === MIGRATIONS.length) return;
  db.exec('BEGIN IMMEDIATE');
  try {
    for (const step of MIGRATIONS.slice(version)) {
      if (typeof step === 'string') db.exec(step);
      else step(db);
    }
    db.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
    db.exec(`PRAGMA user_version = ${MIGRATIONS.length}`);
    if (version === 0) {
      writeMeta(db, Meta.serverId, randomUUID());
      writeMeta(db, Meta.epoch, '1');
    }
    db.exec('COMMIT');
  } catch (error) {
    // A full disk has rolled it back already.
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}
