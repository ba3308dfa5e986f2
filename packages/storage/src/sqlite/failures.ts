import { StorageError } from '../errors.ts';

/** SQLite's primary result codes that we tell apart (sqlite.org/rescode.html). */
const Result = { Busy: 5, ReadOnly: 8, Corrupt: 11, CannotOpen: 14, NotADatabase: 26 } as const;

/** The primary result code of an error of `node:sqlite`; `undefined` for any other error. */
function resultCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error)) return undefined;
  return typeof error.errcode === 'number' ? error.errcode & 0xff : undefined;
}

/** Whether another connection held a lock for longer than this one waits. */
export function isBusy(error: unknown): boolean {
  return resultCode(error) === Result.Busy;
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
    case Result.Corrupt:
      return damaged(file, detail, error);
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

/** The file was ours once, and bytes of it are not what we wrote. @param detail what SQLite says */
export function damaged(file: string, detail: string, cause?: unknown): StorageError {
  return new StorageError(
    'damaged',
    `${file} is damaged (${detail.split('\n', 1)[0]?.trim()}). Nothing was changed. "weft check" says more; "weft restore <backup>" goes back to a back-up.`,
    { cause },
  );
}
