/** Why a database cannot be used. Codes, so that nobody matches on text. */
export type StorageErrorCode =
  /** Another process holds the database. */
  | 'in-use'
  /** The file holds something else. */
  | 'not-a-database'
  /** The file was ours once and cannot be relied on any more: bytes of it have changed or are missing. */
  | 'damaged'
  /** A newer version of Weft wrote it. */
  | 'newer'
  /** The directory cannot be written. */
  | 'unwritable'
  /** The medium failed a read or a write: full, I/O error, locked. */
  | 'failed'
  /** An entry that no medium may keep: the caller's error, and nothing was written. */
  | 'invalid-entry';

/** An error of a storage adapter. Its message is one line that says what to do. */
export class StorageError extends Error {
  readonly code: StorageErrorCode;

  constructor(code: StorageErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StorageError';
    this.code = code;
  }
}
