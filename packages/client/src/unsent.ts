import type { ChangeRange } from '@weft/protocol';
import type { UnstoredUpdate } from '@weft/storage';

/** Local work in the portion in which it was made: the server takes it, or refuses it, as a whole. */
export interface Piece {
  readonly bytes: Uint8Array;
  /** Its changes, as `Uploads` counts them. */
  readonly changes: ChangeRange;
  /** How many they are: of what an earlier session left, only that is known. */
  readonly count: number;
  /** The device's record that it was found in, or that another tab made; nothing for what was made here since. */
  readonly record?: number;
}

/**
 * The local work that the server is not known to have, in the order in which it was made. When the server refuses some
 * of it for good, this is what tells the innocent from what builds on it.
 */
export class Unsent {
  #pieces: readonly Piece[] = [];

  get pieces(): readonly Piece[] {
    return this.#pieces;
  }

  /** More was made. */
  add(bytes: Uint8Array, changes: ChangeRange): void {
    this.#pieces = [...this.#pieces, { bytes, changes, count: changes.upTo - changes.from }];
  }

  /** Another tab has made something, and the device has it. @param made local changes so far */
  addOthers(bytes: Uint8Array, count: number, record: number, made: number): void {
    this.#pieces = [...this.#pieces, { bytes, changes: { from: made, upTo: made }, count, record }];
  }

  /**
   * The device was read. What it holds takes the place of all before, but for what it could not hold yet.
   * @param made local changes so far: which of them a found record holds is not known
   * @param missing whether the device does not have some changes
   */
  found(
    updates: readonly UnstoredUpdate[],
    made: number,
    missing: (changes: ChangeRange) => boolean,
  ): void {
    const known = updates.map(({ record, bytes, changes }) => ({
      bytes,
      changes: { from: 0, upTo: made },
      count: changes,
      record,
    }));
    const rest = this.#pieces.filter(
      ({ record, changes }) => record === undefined && (changes.upTo > made || missing(changes)),
    );
    this.#pieces = [...known, ...rest];
  }

  /** The server has more than before. */
  settle(hasStored: (piece: Piece) => boolean): void {
    const first = this.#pieces.findIndex((piece) => !hasStored(piece));
    if (first !== 0) this.#pieces = first === -1 ? [] : this.#pieces.slice(first);
  }
}
