import type { Log } from './log.ts';
import type { Registry } from './registry.ts';

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

/** A server's whole storage: one database, one identity. */
export interface Store {
  readonly log: Log;
  readonly registry: Registry;
  readonly identity: Identity;
  /**
   * Whether commits work. While the last one failed, a small one is tried: so the store turns well again though
   * nobody writes. Never rejects. Left out by stores that cannot fail.
   */
  health?(): Promise<StoreHealth>;
  /** Finishes what was begun and releases the medium. Idempotent. */
  close(): Promise<void>;
}
