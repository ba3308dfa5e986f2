import type { DatabaseSync } from 'node:sqlite';
import { StorageError } from '../errors.ts';

/** One row of `node:sqlite`: columns by name, each to be read with its type. */
export type Row = Record<string, unknown>;

function wrong(column: string): StorageError {
  return new StorageError('failed', `The database holds a value of the wrong type in "${column}".`);
}

export function text(row: Row, column: string): string {
  const value = row[column];
  if (typeof value !== 'string') throw wrong(column);
  return value;
}

export function optionalText(row: Row, column: string): string | undefined {
  return row[column] === null ? undefined : text(row, column);
}

export function integer(row: Row, column: string): number {
  const value = row[column];
  if (typeof value !== 'number') throw wrong(column);
  return value;
}

export function blob(row: Row, column: string): Uint8Array {
  const value = row[column];
  if (!(value instanceof Uint8Array)) throw wrong(column);
  return value;
}

/** The number in the column `value` of a query's first row. */
export function number(db: DatabaseSync, sql: string): number {
  return Number(db.prepare(sql).get()?.['value']);
}
