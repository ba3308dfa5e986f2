import { Worker } from 'node:worker_threads';
import { endThread, threadUrl } from './thread.ts';

/** What became of a checkpoint. */
export type CheckpointResult =
  /** `pages`: how many the WAL holds, those included that were copied and those that came meanwhile. */
  | { readonly outcome: 'done'; readonly pages: number }
  /** The WAL keeps what was committed; the next checkpoint begins again. */
  | { readonly outcome: 'failed'; readonly reason: string };

/**
 * Pages written to the WAL after which they are copied to the database: four times what SQLite does by default. Of a page
 * that was written often only the newest is copied, so fewer and larger checkpoints write less, and beside the commits
 * nobody waits for them.
 */
const CHECKPOINT_PAGES = 4_000;

/**
 * Pages in the WAL (64 MB) from which commits wait for the end of a checkpoint. The WAL begins anew only when all of it
 * was copied, and beside a steady stream of commits the thread never gets to its end: the file would grow for as long.
 */
const FINISH_PAGES = 16_384;

/** When the WAL is copied. */
export interface CheckpointLimits {
  /** Pages written after which it is. */
  readonly pages: number;
  /** Pages in it from which commits wait for the rest. */
  readonly finish: number;
}

const DEFAULT_LIMITS: CheckpointLimits = { pages: CHECKPOINT_PAGES, finish: FINISH_PAGES };

/**
 * What the thread is doing. Before commits wait it catches up with what came while it copied the bulk, so that they wait
 * for little.
 */
type State = 'resting' | 'copying' | 'catching-up' | 'finishing';

const THREAD = threadUrl('checkpoint-thread', import.meta.url);

/**
 * Has the WAL copied into the database by a thread. SQLite does it within the commit that fills the WAL, which then
 * takes many times as long: hundreds of pages are written and synced while everybody on the event loop waits.
 */
export class Checkpointer {
  readonly #file: string;
  readonly #limits: CheckpointLimits;
  readonly #released: () => void;
  #worker: Worker | undefined;
  #pages = 0;
  #state: State = 'resting';
  #failure: string | undefined;
  #closed = false;

  /** @param released called when commits that waited may go on */
  constructor(file: string, released: () => void, limits = DEFAULT_LIMITS) {
    this.#file = file;
    this.#released = released;
    this.#limits = limits;
  }

  /** Why the last checkpoint failed; `undefined` when it did not. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** Whether commits have to wait for the end of the WAL to be copied. */
  get holds(): boolean {
    return this.#state === 'finishing';
  }

  /** A commit wrote about so many pages to the WAL. */
  wrote(pages: number): void {
    this.#pages += pages;
    if (this.#pages >= this.#limits.pages) this.run();
  }

  /** Begins a checkpoint, unless one is under way. */
  run(): void {
    if (this.#state === 'resting' && !this.#closed) this.#begin('copying');
  }

  /** Lets the checkpoint in hand finish and ends the thread. */
  async close(): Promise<void> {
    this.#closed = true;
    const worker = this.#worker;
    this.#worker = undefined;
    if (worker !== undefined) await endThread(worker, 'close');
  }

  #begin(state: Exclude<State, 'resting'>): void {
    this.#state = state;
    this.#pages = 0;
    this.#worker ??= this.#start();
    this.#worker.postMessage('checkpoint');
  }

  #start(): Worker {
    const worker = new Worker(THREAD, { workerData: this.#file });
    worker.unref();
    worker.on('message', (result: CheckpointResult) => this.#ended(result));
    const lost = (reason: string) => {
      if (this.#worker !== worker) return;
      this.#worker = undefined;
      this.#ended({ outcome: 'failed', reason });
    };
    worker.on('error', (error) => lost(error instanceof Error ? error.message : String(error)));
    worker.on('exit', () => lost('The checkpointing thread ended.'));
    return worker;
  }

  #ended(result: CheckpointResult): void {
    const ended = this.#state;
    this.#state = 'resting';
    if (result.outcome === 'failed') {
      this.#failure = result.reason;
      // The next commit has it tried again.
      this.#pages = this.#limits.pages;
    } else {
      this.#failure = undefined;
      const long = result.pages >= this.#limits.finish && !this.#closed;
      if (long && ended === 'copying') this.#begin('catching-up');
      else if (long && ended === 'catching-up') this.#begin('finishing');
    }
    if (ended === 'finishing') this.#released();
  }
}
