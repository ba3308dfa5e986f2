import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  renameSync,
  unlinkSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { StorageError } from '../errors.ts';

/** Waits until a file, or what a directory lists, is on the disk. */
export function fsyncPath(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Gives a finished file its name, durably, unless the name is taken: by a link, which fails where a rename would
 * replace.
 * @throws StorageError `unwritable` when there is something already
 */
export function publish(from: string, to: string): void {
  try {
    linkSync(from, to);
    unlinkSync(from);
  } catch (error) {
    if (existsSync(to)) throw taken(to, error);
    // A file system without links (a stick, some network shares).
    renameSync(from, to);
  }
  fsyncPath(dirname(to));
}

/** @throws StorageError `unwritable` when there is something under that name */
export function refuseTaken(path: string): void {
  if (existsSync(path)) throw taken(path);
}

function taken(path: string, cause?: unknown): StorageError {
  return new StorageError('unwritable', `${path} exists already. Choose another name.`, { cause });
}

/** Removes what an attempt left behind: a database and what SQLite keeps beside one. */
export function removeDatabase(file: string): void {
  for (const path of databaseFiles(file)) if (existsSync(path)) unlinkSync(path);
}

/** A database and what SQLite may keep beside it. */
export function databaseFiles(file: string): readonly string[] {
  return [file, `${file}-wal`, `${file}-shm`, `${file}-journal`];
}
