import { setImmediate as turn } from 'node:timers/promises';
import type { Log } from '@weft/storage';
import { type Logger, reasonOf } from '../logger.ts';
import type { Folder } from './folder.ts';
import { type ReadingPace, readStream } from './load.ts';
import type { TailWeight } from './tail.ts';

/** A tail is folded when it has this many records, or this many bytes and more than half of its snapshot's. */
const TAIL_RECORDS = 2_000;
const TAIL_BYTES = 64 * 1024;

/** Nobody waits for a fold: between small reads everybody else has a turn. */
const UNHURRIED: ReadingPace = { page: 200, pause: () => turn() };

/** Milliseconds after which a stream whose folding failed is looked at again. */
const RETRY_MS = 60_000;

/** Told of each fold: the snapshot's last record and its bytes. */
export type Folded = (stream: string, upTo: number, snapshotBytes: number) => void;

/**
 * Folds the tails of streams into snapshots (law D6): read from storage and not from memory, written by
 * compare-and-swap, and only then trimmed, so that a crash at any step leaves the old or the new. One stream at a time.
 */
export class Compactor {
  readonly #log: Log;
  readonly #folder: Folder;
  readonly #logger: Logger;
  readonly #now: () => number;
  readonly #folded: Folded;
  readonly #queue = new Set<string>();
  readonly #failed = new Map<string, number>();
  #running: Promise<void> | undefined;
  #closed = false;

  constructor(options: {
    readonly log: Log;
    readonly folder: Folder;
    readonly logger: Logger;
    readonly now: () => number;
    readonly folded: Folded;
  }) {
    this.#log = options.log;
    this.#folder = options.folder;
    this.#logger = options.logger;
    this.#now = options.now;
    this.#folded = options.folded;
  }

  /** Folds the stream, if its tail is worth it, as soon as its turn comes. */
  consider(stream: string, tail: TailWeight): void {
    const worth =
      tail.records >= TAIL_RECORDS ||
      (tail.bytes >= TAIL_BYTES && tail.bytes * 2 >= tail.snapshotBytes);
    if (!worth || this.#closed || this.#now() < (this.#failed.get(stream) ?? 0)) return;
    this.#queue.add(stream);
    this.#running ??= this.#run();
  }

  /** Folds the stream whatever its tail weighs. Resolves when it is folded; rejects when it cannot be. */
  async fold(stream: string): Promise<void> {
    await this.#running;
    if (!this.#closed) await this.#compact(stream);
  }

  /** Resolves when nothing is being folded. */
  async settled(): Promise<void> {
    await this.#running;
  }

  /** Finishes the stream in hand and takes no further ones. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#queue.clear();
    await this.#running;
    await this.#folder.close();
  }

  async #run(): Promise<void> {
    for (const stream of this.#queue) {
      this.#queue.delete(stream);
      try {
        await this.#compact(stream);
        this.#failed.delete(stream);
      } catch (error) {
        this.#failed.set(stream, this.#now() + RETRY_MS);
        this.#logger.error('A stream could not be folded.', { stream, reason: reasonOf(error) });
      }
    }
    this.#running = undefined;
  }

  async #compact(stream: string): Promise<void> {
    const previous = (await this.#log.snapshot(stream))?.upTo ?? 0;
    const { updates, number } = await readStream(this.#log, stream, 0, UNHURRIED);
    if (number === previous) return;
    const bytes = await this.#folder.fold(updates);
    // Another node may have folded meanwhile: its snapshot stands, and ours is forgotten.
    if (!(await this.#log.putSnapshot(stream, { upTo: number, bytes }, previous))) return;
    await this.#log.trim(stream);
    this.#folded(stream, number, bytes.length);
  }
}
