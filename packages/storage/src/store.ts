import type { BlobStore } from './blobs.ts';
import type { Log } from './log.ts';
import type { Registry } from './registry.ts';
import type { TextIndex } from './text-index.ts';

/** Which history a database holds. */
export interface Identity {
  /** Made with the database, never changed. */
  readonly serverId: string;
  /** Raised by a restore: what was stored under another epoch counts as not stored. */
  readonly epoch: number;
  /**
   * UTC milliseconds. After a restore, until then, clients may bring back what the back-up lacks, also under client
   * ids that are not theirs. Absent when no such window was opened.
   */
  readonly recoveryUntil?: number;
}

/** Whether commits work. */
export type StoreHealth =
  | { readonly state: 'well' }
  /** The last commit failed or does not return; `reason` is one line for an operator. */
  | { readonly state: 'failing'; readonly reason: string };

/** One transaction that was tried: what it held, how long whoever waited for it did, and where it ran. */
export interface CommitBatch {
  readonly outcome: 'committed' | 'failed';
  /** Appends, and other changes, that shared it. */
  readonly operations: number;
  /** Milliseconds from its beginning until its outcome was known here. */
  readonly ms: number;
  /** On the event loop, or in a thread of its own. */
  readonly place: 'loop' | 'thread';
}

/** Bytes that a part of a store takes on the medium. */
export interface StoreFile {
  readonly file: 'database' | 'wal';
  readonly bytes: number;
}

/** A server's whole storage: one database, one identity. */
export interface Store {
  readonly log: Log;
  readonly registry: Registry;
  readonly identity: Identity;
  /** Finds the texts that appends brought along. Left out by stores that keep none. */
  readonly texts?: TextIndex;
  /** Files that messages carry. Left out by stores that keep none: their servers take none. */
  readonly blobs?: BlobStore;
  /**
   * Whether commits work. While the last one failed, a small one is tried: so the store turns well again though
   * nobody writes. Never rejects. Left out by stores that cannot fail.
   */
  health?(): Promise<StoreHealth>;
  /** Tells of every commit from now on. One watcher at a time. Left out by stores that commit nothing. */
  watch?(watcher: (batch: CommitBatch) => void): void;
  /** What the files take now. Rejects when the medium does not say. Left out by stores without files. */
  files?(): Promise<readonly StoreFile[]>;
  /** Finishes what was begun and releases the medium. Idempotent. */
  close(): Promise<void>;
}
