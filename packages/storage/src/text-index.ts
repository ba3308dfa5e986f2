/** What a search finds: words by their beginnings, in the texts that appends bring along (`LogEntry.text`). */

/**
 * The text of something that a stream tells of, from this entry on. The index changes with the entry, in one
 * transaction: what is committed is found, and what is not is not.
 */
export interface TextChange {
  /** Whose search finds it: a tenant. `[A-Za-z0-9_-]+` */
  readonly scope: string;
  /** Which of the stream's things it is the text of; a later change with the same number takes its place. */
  readonly item: number;
  /** Folded (`searchWords` of @weft/protocol); none: it is found no more. */
  readonly words: readonly string[];
}

export interface TextQuery {
  readonly scope: string;
  /** Folded. Each must begin a word of the text; at least one. */
  readonly words: readonly string[];
  /** Only in this stream. */
  readonly stream?: string;
  /** Only what came before this place; all when left out. */
  readonly before?: number;
  /** Only what came at this place or after; all when left out. */
  readonly from?: number;
  readonly limit: number;
}

/** Something whose text has the words. */
export interface TextFound {
  /** Its place among all: in the order in which the things (not their changes) came. */
  readonly place: number;
  readonly stream: string;
  readonly item: number;
  /** Number of the record that brought its present text. */
  readonly number: number;
}

export interface TextIndex {
  /** The newest first. Rejects with a StorageError when the medium fails. */
  find(query: TextQuery): Promise<readonly TextFound[]>;
  /** The place of what came last, of any scope; 0 where there is nothing. Rejects like `find`. */
  newest(): Promise<number>;
}
