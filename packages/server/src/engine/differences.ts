import * as Y from 'yjs';

/** Milliseconds for which answers are kept: people who were cut off together come back together. */
const KEEP_MS = 2_000;

/** Bytes of answers kept for one document, and of a state vector that is worth keeping one for. */
const KEEP_BYTES = 1024 * 1024;
const VECTOR_BYTES = 1_024;

/**
 * What the senders of state vectors lack of one document. Finding it walks through all of the document, whatever little
 * is missing; those who had it open before a cut, or who were just sent its snapshot, have the same vector, and the
 * answer to one of them is the answer to all, until the document changes.
 */
export class Differences {
  readonly #document: Y.Doc;
  readonly #answers = new Map<string, Uint8Array>();
  #bytes = 0;

  constructor(document: Y.Doc) {
    this.#document = document;
    document.on('update', () => this.#forget());
  }

  /** @throws what Yjs throws for bytes that are no state vector */
  from(stateVector: Uint8Array): Uint8Array {
    if (stateVector.length > VECTOR_BYTES) return this.#find(stateVector);
    const key = Buffer.from(stateVector).toString('latin1');
    const known = this.#answers.get(key);
    if (known !== undefined) return known;
    const found = this.#find(stateVector);
    if (this.#bytes + found.length <= KEEP_BYTES) {
      if (this.#answers.size === 0) setTimeout(() => this.#forget(), KEEP_MS).unref();
      this.#answers.set(key, found);
      this.#bytes += found.length;
    }
    return found;
  }

  #find(stateVector: Uint8Array): Uint8Array {
    return Y.encodeStateAsUpdate(this.#document, stateVector);
  }

  #forget(): void {
    this.#answers.clear();
    this.#bytes = 0;
  }
}
