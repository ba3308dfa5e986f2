import type { TextChange } from './text-index.ts';

/**
 * The one storage idea: append-only streams with a dense number per stream, 1, 2, 3, …
 * A message, its segment's update and whatever else it causes are one append.
 */
export interface LogEntry {
  /** Name of the stream (`streamName` of @weft/protocol); opaque to the log. */
  readonly stream: string;
  /** An entry whose key its stream holds already is a repetition (law C3). */
  readonly key?: string;
  /** The `sub` on whose behalf it is written. */
  readonly principal: string;
  /** What the bytes are: `update` (Yjs, v1) or `event` (JSON, UTF-8); `adopted` is given by `adopt` alone. */
  readonly kind: string;
  /** UTC milliseconds of the server. */
  readonly at: number;
  readonly bytes: Uint8Array;
  /** Append only while the stream's head is this number: what the bytes were computed from still holds. */
  readonly after?: number;
  /**
   * Yjs client ids that the principal writes under here. In each stream an id belongs to the first principal that
   * claims it, for ever (law D7): another one's append is refused whole.
   */
  readonly claims?: readonly number[];
  /**
   * Takes in what a restored back-up lacks, from whoever still has it: when the principal does not own every one of
   * `claims` already, the entry is not refused but kept under the kind `adopted`, and claims nothing. Whose an
   * unknown id is stays open, since the bringer may not be its writer.
   */
  readonly adopt?: boolean;
  /** What a search finds from this entry on. */
  readonly text?: TextChange;
}

/** The kind of records that somebody brought back who is not known to have written them. */
export const ADOPTED = 'adopted';

/** An entry as read back. */
export interface LogRecord {
  readonly stream: string;
  readonly number: number;
  readonly key: string | undefined;
  readonly principal: string;
  readonly kind: string;
  readonly at: number;
  readonly bytes: Uint8Array;
}

export type AppendResult =
  /** All entries are committed; their numbers in order. */
  | { readonly outcome: 'appended'; readonly numbers: readonly number[] }
  /**
   * A key was there already: nothing of this append was written. For each entry with a known key the number of
   * its first appearance, for every other `undefined`.
   */
  | { readonly outcome: 'repeated'; readonly numbers: readonly (number | undefined)[] }
  /** A stream had moved on from `after`: nothing of this append was written. */
  | { readonly outcome: 'conflict'; readonly stream: string; readonly head: number }
  /** A claimed client id belongs to another principal: nothing of this append was written. */
  | { readonly outcome: 'taken'; readonly stream: string; readonly client: number };

/** The state of a stream up to and with record `upTo`, folded into one value. */
export interface Snapshot {
  readonly upTo: number;
  readonly bytes: Uint8Array;
}

/**
 * An append-only log. Every method rejects with an error when the medium fails; after a rejected `append` nothing
 * of it was reported as committed, and the caller may append again under the same keys.
 */
export interface Log {
  /** Commits all entries or none. Resolves only after the commit is durable. */
  append(entries: readonly LogEntry[]): Promise<AppendResult>;
  /** Records with a number above `after`, in order, at most `limit`. */
  read(stream: string, after: number, limit: number): Promise<readonly LogRecord[]>;
  /** The record that a key first made; `undefined` when the stream has no such key. */
  find(stream: string, key: string): Promise<LogRecord | undefined>;
  /** Number of the newest record; 0 for an empty or unknown stream. */
  head(stream: string): Promise<number>;
  /** The newest snapshot, if any. */
  snapshot(stream: string): Promise<Snapshot | undefined>;
  /** Replaces the snapshot if it is still the one that `previous` names (its `upTo`; 0 for none). */
  putSnapshot(stream: string, snapshot: Snapshot, previous: number): Promise<boolean>;
  /**
   * Drops the bytes of records that the snapshot holds. Numbers, keys and claims stay, and so does what was adopted:
   * it is the only account of who brought it. `read` and `find` give what is left, so a reader from before the
   * snapshot must begin with the snapshot.
   * @returns how many records were dropped
   */
  trim(stream: string): Promise<number>;
  /** Claims a client id ahead of any write. Resolves with its owner: the principal, or whoever came first. */
  claim(stream: string, client: number, principal: string): Promise<string>;
}
