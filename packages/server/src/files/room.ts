import { WeftError } from '@weft/protocol';
import type { BlobStore } from '@weft/storage';

/** How many bytes all files take together, and whether there is room for more. */
export class Room {
  readonly #limit: number;
  /** Of what is kept; `undefined` until it was counted. */
  #kept: number | undefined;
  #counting: Promise<void> | undefined;
  /** Of what is on its way. */
  #under = 0;

  /** @param limit bytes */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Counts what is kept, once. */
  async ready(blobs: Pick<BlobStore, 'list'>): Promise<void> {
    if (this.#kept !== undefined) return;
    this.#counting ??= this.#count(blobs).finally(() => (this.#counting = undefined));
    await this.#counting;
  }

  /** So many bytes are coming. @throws WeftError `files-full` */
  take(bytes: number): void {
    if ((this.#kept ?? 0) + this.#under + bytes > this.#limit) throw new WeftError('files-full');
    this.#under += bytes;
  }

  /** So many bytes are on their way no more. */
  give(bytes: number): void {
    this.#under -= bytes;
  }

  /** So many bytes are kept more, or less. */
  changed(bytes: number): void {
    if (this.#kept !== undefined) this.#kept = Math.max(0, this.#kept + bytes);
  }

  /** All was looked through: so much is kept. What somebody else did to the directory is known by this. */
  counted(bytes: number): void {
    this.#kept = bytes;
  }

  async #count(blobs: Pick<BlobStore, 'list'>): Promise<void> {
    let sum = 0;
    for await (const { bytes } of blobs.list()) sum += bytes;
    this.#kept ??= sum;
  }
}
