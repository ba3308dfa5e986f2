import { existsSync, renameSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StorageError } from '../errors.ts';
import type { Identity } from '../store.ts';
import { copyDatabase } from './backup.ts';
import { copyBlobs, linkBlobs } from './copy-blobs.ts';
import { checkDirectory, configure, lockDatabase, migrate, unfinishedRestore } from './database.ts';
import { blobDirectory } from './directory-blobs.ts';
import { storageError } from './failures.ts';
import { databaseFiles, fsyncPath, removeDatabase } from './files.ts';
import { Meta, readIdentity, writeMeta } from './identity.ts';

export interface RestoreOptions {
  /** Where the server's database is, or was. */
  readonly file: string;
  readonly backup: string;
  /** UTC milliseconds of now. */
  readonly now: number;
  /** UTC milliseconds until which clients may bring back what the back-up lacks; none without it. */
  readonly recoveryUntil?: number;
  /** Looks at the back-up as it will be used, with the directory of its files. Rejects when it must not be. */
  readonly check: (file: string, files: string) => Promise<void>;
}

export interface Restored {
  readonly identity: Identity;
  /** Where the old database lies now; `undefined` when there was none. */
  readonly aside: string | undefined;
}

/**
 * Puts a back-up in the place of a database. The old one is set aside, never removed, and the epoch rises above both,
 * so that clients count as not stored what the back-up may lack. A crash at any step leaves the old database, the new
 * one, or one that a server refuses to open until this has been called again.
 * @throws StorageError `in-use` while a server runs; `not-a-database`, `newer` or `damaged` for the back-up
 */
export async function restoreDatabase(options: RestoreOptions): Promise<Restored> {
  const { file, backup, check } = options;
  if (!existsSync(backup)) throw new StorageError('not-a-database', `There is no ${backup}.`);
  checkDirectory(file);
  const lock = lockedOr(file);
  const draft = `${file}.restoring`;
  const ready = unfinishedRestore(file);
  try {
    removeDatabase(draft);
    await copyDatabase(backup, draft);
    // Of an attempt that ended halfway: what it has set aside already, or begun to, has its number.
    const unfinished = epochOf(ready);
    const identity = prepare(draft, options, epochToPass(file, unfinished, options.now));
    // Files have their content for a name: those of the back-up and those that are there never meet as different ones.
    const files = blobDirectory(file);
    await copyBlobs(blobDirectory(backup), files, 'restore');
    await check(draft, files);
    fsyncPath(draft);
    // Before anything has another name: a database that was set aside without its files would lose them, since the server
    // that starts next removes what its own messages do not name.
    const aside = asideName(file, unfinished ?? identity.epoch);
    if (aside !== undefined) await linkBlobs(files, blobDirectory(aside));
    // From here until the last rename a server that starts would find half of a database: it refuses to.
    renameSync(draft, ready);
    fsyncPath(dirname(file));
    if (aside !== undefined) setAside(file, aside);
    renameSync(ready, file);
    fsyncPath(dirname(file));
    return { identity, aside };
  } catch (error) {
    removeDatabase(draft);
    throw storageError(error, backup);
  } finally {
    lock.close();
  }
}

function lockedOr(file: string): DatabaseSync {
  try {
    return lockDatabase(file);
  } catch (error) {
    throw storageError(error, file);
  }
}

/** Brings the copy to this version and gives it its epoch. It ends as one file. */
function prepare(draft: string, { recoveryUntil }: RestoreOptions, passed: number): Identity {
  const db = new DatabaseSync(draft);
  try {
    configure(db);
    migrate(db);
    const { serverId, epoch } = readIdentity(db);
    const next = Math.max(epoch, passed) + 1;
    writeMeta(db, Meta.epoch, String(next));
    const until = recoveryUntil === undefined ? undefined : Math.trunc(recoveryUntil);
    writeMeta(db, Meta.recoveryUntil, until === undefined ? undefined : String(until));
    db.exec('PRAGMA journal_mode = DELETE');
    return { serverId, epoch: next, ...(until === undefined ? {} : { recoveryUntil: until }) };
  } finally {
    db.close();
  }
}

/**
 * The highest epoch that clients of this server may know. Where no database says, the minutes since 1970 stand in: no
 * server counts so many restores, and a client must never find its own epoch over another history.
 */
function epochToPass(file: string, unfinished: number | undefined, now: number): number {
  return Math.max(unfinished ?? 0, epochOf(file) ?? Math.floor(now / 60_000));
}

/** A database's epoch; `undefined` where there is none to read. Leaves all of it in the one file, if it can. */
function epochOf(file: string): number | undefined {
  if (!existsSync(file)) return undefined;
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(file);
    const { epoch } = readIdentity(db);
    // One rename then moves everything.
    db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    return epoch;
  } catch {
    // More often than not it is being replaced because it cannot be read.
    return undefined;
  } finally {
    db?.close();
  }
}

/** What the old database will be called; `undefined` where there is none. */
function asideName(file: string, epoch: number): string | undefined {
  if (databaseFiles(file).every((path) => !existsSync(path))) return undefined;
  let aside = `${file}.before-epoch-${epoch}`;
  for (let count = 2; databaseFiles(aside).some((path) => existsSync(path)); count += 1) {
    aside = `${file}.before-epoch-${epoch}-${count}`;
  }
  return aside;
}

/** Renames the old database and what lies beside it. */
function setAside(file: string, aside: string): void {
  const names = databaseFiles(aside);
  for (const [index, path] of databaseFiles(file).entries()) {
    const name = names[index];
    if (name !== undefined && existsSync(path)) renameSync(path, name);
  }
}
