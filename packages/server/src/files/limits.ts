import { FILE_MAX_BYTES } from '@weft/protocol';

/** What people may bring. */
export interface FileLimits {
  /** Bytes of one file. */
  readonly maxBytes: number;
  /** Bytes that one person may bring in a day (UTC), refused ones included; counted since the server's start. */
  readonly perPersonDay: number;
  /** Files that one person may be bringing at a time. */
  readonly perPersonAtOnce: number;
}

export const DEFAULT_FILE_LIMITS: FileLimits = {
  maxBytes: FILE_MAX_BYTES,
  perPersonDay: 1024 ** 3,
  perPersonAtOnce: 6,
};

/** Milliseconds of a file that no message has named, from its bringing until it goes. */
export const UNNAMED_KEPT_MS = 86_400_000;
