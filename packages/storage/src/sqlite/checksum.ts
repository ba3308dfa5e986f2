import { crc32 } from 'node:zlib';
import type { DatabaseSync } from 'node:sqlite';
import { StorageError } from '../errors.ts';
import { type Row, blob, integer, number as numberOf, optionalText, text } from './rows.ts';

/** What a record's checksum is of: everything that it says, but for the stream, which has a number here. */
interface Summed {
  readonly number: number;
  readonly key: string | null;
  readonly principal: string;
  readonly kind: string;
  readonly at: number;
  readonly bytes: Uint8Array;
}

/**
 * CRC-32 of a record. SQLite's own pages have none, so that a bit that a disk or a memory has turned would be read,
 * applied, and spread to every client as if somebody had written it.
 */
export function checksumOf({ number, key, principal, kind, at, bytes }: Summed): number {
  // As JSON, and not one after the other: no two records have the same text then.
  return crc32(bytes, crc32(JSON.stringify([number, key, principal, kind, at])));
}

/** CRC-32 of a snapshot. */
export function snapshotChecksum(upTo: number, bytes: Uint8Array): number {
  return crc32(bytes, crc32(String(upTo)));
}

/** Whether a row of `records` says what was written. One from before version 4 has no checksum, and is believed. */
export function isSoundRecord(row: Row): boolean {
  if (row['crc'] === null) return true;
  const key = optionalText(row, 'key') ?? null;
  const [number, at] = [integer(row, 'number'), integer(row, 'at')];
  const [principal, kind, bytes] = [text(row, 'principal'), text(row, 'kind'), blob(row, 'bytes')];
  return integer(row, 'crc') === checksumOf({ number, key, principal, kind, at, bytes });
}

/** Whether a row of `snapshots` says what was written. */
export function isSoundSnapshot(row: Row): boolean {
  return (
    row['crc'] === null ||
    integer(row, 'crc') === snapshotChecksum(integer(row, 'up_to'), blob(row, 'bytes'))
  );
}

/** What a reader of a stream is told instead of bytes that nobody wrote. */
export function contentDamaged(file: string, what: string): StorageError {
  return new StorageError(
    'damaged',
    `${file}: ${what} is not what was written. "weft check" lists all such; "weft restore <backup>" goes back to a back-up.`,
  );
}

/** The version from which on records and snapshots have a checksum. */
const SINCE_VERSION = 4;

/** Whether a database is of a version that keeps checksums. */
export function hasChecksums(db: DatabaseSync): boolean {
  return numberOf(db, 'SELECT user_version AS value FROM pragma_user_version') >= SINCE_VERSION;
}

/** Everything whose checksum is wrong, one line each, at most `limit`. Reads all records and snapshots. */
export function checksumProblems(db: DatabaseSync, limit: number): readonly string[] {
  const problems: string[] = [];
  const records = db.prepare(
    `SELECT name, number, key, principal, kind, at, bytes, crc
     FROM records JOIN streams ON id = stream WHERE crc IS NOT NULL ORDER BY name, number`,
  );
  for (const row of records.iterate()) {
    if (problems.length === limit) return problems;
    if (isSoundRecord(row)) continue;
    problems.push(`${text(row, 'name')}: record ${integer(row, 'number')} is not what was written`);
  }
  const snapshots = db.prepare(
    `SELECT name, up_to, bytes, crc FROM snapshots JOIN streams ON id = stream
     WHERE crc IS NOT NULL ORDER BY name`,
  );
  for (const row of snapshots.iterate()) {
    if (problems.length === limit) return problems;
    if (isSoundSnapshot(row)) continue;
    problems.push(`${text(row, 'name')}: its snapshot is not what was written`);
  }
  return problems;
}
