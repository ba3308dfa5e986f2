import { DatabaseSync, backup } from 'node:sqlite';
import { dirname } from 'node:path';
import { existsSync, renameSync, rmSync } from 'node:fs';
import { StorageError } from '../errors.ts';
import { checksumProblems, hasChecksums } from './checksum.ts';
import { copyBlobs } from './copy-blobs.ts';
import { blobDirectory } from './directory-blobs.ts';
import { damaged, storageError } from './failures.ts';
import { fsyncPath, publish, refuseTaken, removeDatabase } from './files.ts';
import { judgeOwner } from './judge.ts';
import { number } from './rows.ts';

/** All pages in one step: one read transaction, which writers neither wait for nor make begin again. */
const WHOLE = 2 ** 31 - 1;

/**
 * Copies a database, also while a server writes to it: everything committed before the call is in the copy, which is
 * one file and, where messages have files, the directory `<to>.files` beside it. It has its name only once all of it is
 * whole, checked and on the disk.
 * @returns the size of both in bytes
 * @throws StorageError `unwritable` when `to` exists or cannot be written, `damaged` when the source is
 */
export async function backupDatabase(options: {
  readonly file: string;
  readonly to: string;
}): Promise<number> {
  const { file, to } = options;
  if (!existsSync(file)) throw new StorageError('not-a-database', `There is no ${file}.`);
  const [from, files] = [blobDirectory(file), blobDirectory(to)];
  refuseTaken(to);
  refuseTaken(files);
  const draft = `${to}.${process.pid}.part`;
  const draftFiles = blobDirectory(draft);
  try {
    // Before, since a file may go meanwhile that was still named; and after, since others have come.
    let bytes = await copyBlobs(from, draftFiles, 'backup');
    await copyDatabase(file, draft);
    bytes += (await copyBlobs(from, draftFiles, 'backup')) + seal(draft, file);
    if (existsSync(draftFiles)) renameSync(draftFiles, files);
    try {
      publish(draft, to);
    } catch (error) {
      rmSync(files, { recursive: true, force: true });
      throw error;
    }
    return bytes;
  } catch (error) {
    removeDatabase(draft);
    rmSync(draftFiles, { recursive: true, force: true });
    throw storageError(error, file);
  }
}

/**
 * Copies one moment of a database of ours, with what its WAL holds.
 * @throws StorageError `not-a-database` or `newer`; errors of `node:sqlite`
 */
export async function copyDatabase(from: string, to: string): Promise<void> {
  const source = new DatabaseSync(from, { readOnly: true });
  try {
    if (judgeOwner(source, from) === 0) {
      throw new StorageError('not-a-database', `${from} holds nothing.`);
    }
    try {
      await backup(source, to, { rate: WHOLE });
    } catch (cause) {
      if (existsSync(dirname(to))) throw cause;
      throw new StorageError('unwritable', `There is no directory ${dirname(to)}.`, { cause });
    }
  } finally {
    source.close();
  }
}

/** Makes the copy one file, checks it, and waits until the disk has it. */
function seal(copy: string, source: string): number {
  const db = new DatabaseSync(copy);
  try {
    db.exec('PRAGMA journal_mode = DELETE');
    const found = db.prepare('PRAGMA integrity_check(1)').get()?.['integrity_check'];
    if (found !== 'ok') throw damaged(source, String(found));
    // A copy of an older version is read as it is: its tables have no such column.
    const [problem] = hasChecksums(db) ? checksumProblems(db, 1) : [];
    if (problem !== undefined) throw damaged(source, problem);
    const pages = number(db, 'SELECT page_count AS value FROM pragma_page_count');
    return pages * number(db, 'SELECT page_size AS value FROM pragma_page_size');
  } finally {
    db.close();
    fsyncPath(copy);
  }
}
