import type { Log } from './log.ts';
import type { Registry } from './registry.ts';

/** Which history a database holds. */
export interface Identity {
  /** Made with the database, never changed. */
  readonly serverId: string;
  /** Raised by a restore: what was stored under another epoch counts as not stored. */
  readonly epoch: number;
}

/** A server's whole storage: one database, one identity. */
export interface Store {
  readonly log: Log;
  readonly registry: Registry;
  readonly identity: Identity;
  /** Finishes what was begun and releases the medium. Idempotent. */
  close(): Promise<void>;
}
