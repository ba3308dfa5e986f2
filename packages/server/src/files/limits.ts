import { FILE_MAX_BYTES } from '@weft/protocol';

/** How long a file may take on its way, in or out. */
export interface Patience {
  /** Milliseconds between two pieces of it. */
  readonly piece: number;
  /** Milliseconds for all of it. */
  readonly whole: number;
}

/** What people may bring. */
export interface FileLimits {
  /** Bytes of one file. */
  readonly maxBytes: number;
  /** Bytes that one person may bring in a day (UTC), refused ones included; counted since the server's start. */
  readonly perPersonDay: number;
  /** Files that one person may be bringing at a time. */
  readonly perPersonAtOnce: number;
  /** Bytes of all files together, those on their way among them: no disk is filled beyond. */
  readonly total: number;
  /** Bytes that all guests together may bring in a day (UTC): there is no end of their number. */
  readonly guestsDay: number;
  readonly patience: Patience;
}

export const DEFAULT_FILE_LIMITS: FileLimits = {
  maxBytes: FILE_MAX_BYTES,
  perPersonDay: 1024 ** 3,
  perPersonAtOnce: 6,
  total: 100 * 1024 ** 3,
  guestsDay: 10 * 1024 ** 3,
  patience: { piece: 20_000, whole: 900_000 },
};

/** Milliseconds of a file that no message names, since it was last brought or named, until it goes (law B4). */
export const UNNAMED_KEPT_MS = 86_400_000;
