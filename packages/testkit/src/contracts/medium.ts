import type { Store } from '@weft/storage';

/**
 * One place where a store keeps its data (a file, a database, an object in memory), made anew for each test and
 * empty at first.
 */
export interface StoreMedium {
  /** Opens the store. Called once. */
  open(): Promise<Store>;
  /**
   * Opens the store again after `open()`'s was closed. Left out by adapters that keep nothing: the laws of
   * durability are not asked of them.
   */
  reopen?(): Promise<Store>;
  /** Closes what is open and removes what was made. */
  dispose(): Promise<void>;
}

/** Makes an empty medium. */
export type MakeMedium = () => Promise<StoreMedium>;
