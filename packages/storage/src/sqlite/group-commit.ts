import { basename } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Worker } from 'node:worker_threads';
import { StorageError } from '../errors.ts';
import type { CommitBatch, StoreHealth } from '../store.ts';
import { Checkpointer } from './checkpointer.ts';
import { AFTER_FAILURE, type PlaceState, START_PLACE, afterCommit } from './commit-place.ts';
import type { Answer, Operation } from './operations.ts';
import { endThread, threadUrl } from './thread.ts';
import { type BatchResult, Writer } from './writer.ts';

/** What the writing thread is told. */
export type WriterRequest =
  | { readonly type: 'commit'; readonly operations: readonly Operation[] }
  | { readonly type: 'close' };

/** One transaction holds at most this much, so that a flood of bytes does not make everybody wait. */
const BATCH_BYTES = 4 * 1024 * 1024;
const BATCH_OPERATIONS = 4_096;

/** Milliseconds that a commit on the event loop waits for a lock: everybody waits with it. */
const LOOP_PATIENCE_MS = 20;

/** Milliseconds without an answer from the disk after which commits count as failing. */
const HANGS_AFTER_MS = 5_000;

/** After a commit on the event loop the next waits so many times as long as commits usually take, and at most so long. */
const PAUSE_FACTOR = 3;
const PAUSE_MAX_MS = 5;

/** What one commit counts in what they usually take: a slow one alone must not make the next one wait. */
const USUAL_SHARE = 0.1;

/** Bytes of a page of the database. */
const PAGE_BYTES = 4_096;

/** Pages that an operation changes beside its bytes: of its table, of its stream's head, of an index. */
const OPERATION_PAGES = 3;

interface Waiting {
  readonly operation: Operation;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
}

const THREAD = threadUrl('writer-thread', import.meta.url);

/**
 * Gathers what is to be written and has it committed, on the event loop or by a thread (`commit-place.ts`). One batch
 * is on its way, the next is gathered meanwhile, so a slow disk makes larger batches and not a longer queue. Operations
 * are committed in the order of their calls.
 */
export class GroupCommit {
  readonly #file: string;
  /** Commits on the event loop, over a connection of its own. */
  readonly #writer: Writer;
  readonly #checkpointer: Checkpointer;
  #place: PlaceState = START_PLACE;
  #worker: Worker | undefined;
  readonly #waiting: Waiting[] = [];
  #inFlight: { readonly batch: readonly Waiting[]; readonly since: number } | undefined;
  /** Why the last commit failed; `undefined` when it did not. */
  #failure: string | undefined;
  #scheduled = false;
  /** When the next commit on the event loop may begin; `performance.now()`. */
  #pauseUntil = 0;
  /** Milliseconds. */
  #usualMs = 0;
  #closed = false;
  #idle: (() => void) | undefined;
  #watcher: ((batch: CommitBatch) => void) | undefined;

  constructor(file: string) {
    this.#file = file;
    this.#writer = new Writer(file, () => new DatabaseSync(file), LOOP_PATIENCE_MS);
    this.#checkpointer = new Checkpointer(file, () => this.#schedule());
  }

  /** Tells of every commit from now on. */
  watch(watcher: (batch: CommitBatch) => void): void {
    this.#watcher = watcher;
  }

  /** Resolves with the operation's answer after its commit. @throws StorageError when the medium failed */
  submit(operation: Operation): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (this.#closed) {
        reject(new StorageError('failed', `${this.#file} is closed.`));
        return;
      }
      this.#waiting.push({ operation, resolve, reject });
      this.#schedule();
    });
  }

  /** Whether commits work; tries one when the last did not. */
  async health(): Promise<StoreHealth> {
    const hanging = this.#inFlight === undefined ? 0 : performance.now() - this.#inFlight.since;
    if (hanging >= HANGS_AFTER_MS) {
      const seconds = Math.floor(hanging / 1000);
      return { state: 'failing', reason: `A commit has been waiting for ${seconds} s.` };
    }
    const { failure } = this.#checkpointer;
    if (failure !== undefined && this.#failure === undefined) {
      this.#checkpointer.run();
      return { state: 'failing', reason: this.#withoutPath(failure) };
    }
    if (this.#failure === undefined) return { state: 'well' };
    // A disk that hangs now would hold back the answer too.
    if (this.#inFlight !== undefined) return { state: 'failing', reason: this.#failure };
    return this.submit({ type: 'probe' }).then(
      () => ({ state: 'well' }),
      (error: unknown) => ({ state: 'failing', reason: this.#withoutPath(error) }),
    );
  }

  /** Commits what waits, then ends the thread and refuses further operations. */
  async close(): Promise<void> {
    this.#closed = true;
    while (this.#waiting.length > 0 || this.#inFlight !== undefined) {
      await new Promise<void>((resolve) => {
        this.#idle = resolve;
      });
    }
    await this.#checkpointer.close();
    this.#writer.close();
    const worker = this.#worker;
    this.#worker = undefined;
    if (worker !== undefined) await endThread(worker, { type: 'close' } satisfies WriterRequest);
  }

  /**
   * A batch begins with the end of the turn: what arrives together is committed together. On the event loop commits take
   * a part of its time only: many small ones would leave none for what they are for.
   */
  #schedule(): void {
    if (this.#scheduled || this.#inFlight !== undefined) return;
    this.#scheduled = true;
    const send = () => {
      this.#scheduled = false;
      this.#send();
    };
    const pause = this.#place.place === 'loop' ? this.#pauseUntil - performance.now() : 0;
    if (pause >= 1) setTimeout(send, pause);
    else setImmediate(send);
  }

  #send(): void {
    if (this.#inFlight !== undefined || this.#waiting.length === 0) return;
    // It schedules again when it lets go.
    if (this.#checkpointer.holds) return;
    const batch = this.#takeBatch();
    this.#inFlight = { batch, since: performance.now() };
    const operations = batch.map(({ operation }) => operation);
    if (this.#place.place === 'loop') {
      const result = this.#writer.commit(operations);
      if (result.outcome !== 'locked') {
        this.#settle(result);
        return;
      }
      // Nothing was begun: the thread can wait for the lock without holding up anybody.
      this.#place = AFTER_FAILURE;
    }
    this.#worker ??= this.#start();
    // The thread holds the process alive only while it has something to commit.
    this.#worker.ref();
    this.#worker.postMessage({ type: 'commit', operations } satisfies WriterRequest);
  }

  #takeBatch(): readonly Waiting[] {
    let bytes = 0;
    let count = 0;
    for (const { operation } of this.#waiting) {
      bytes += bytesOf(operation);
      if (count > 0 && (bytes > BATCH_BYTES || count >= BATCH_OPERATIONS)) break;
      count += 1;
    }
    return this.#waiting.splice(0, count);
  }

  #start(): Worker {
    const worker = new Worker(THREAD, { workerData: this.#file });
    worker.on('message', (result: BatchResult) => this.#settle(result));
    const lost = (reason: string) => {
      if (this.#worker === worker) this.#worker = undefined;
      // Whether the batch was committed is not known: its callers must look in the log.
      if (this.#inFlight !== undefined)
        this.#settle({ outcome: 'failed', code: 'failed', message: reason });
    };
    worker.on('error', (error) => lost(error instanceof Error ? error.message : String(error)));
    worker.on('exit', () => lost(`The thread that writes ${this.#file} ended.`));
    return worker;
  }

  #settle(result: BatchResult): void {
    const { batch, since } = this.#inFlight ?? { batch: [], since: performance.now() };
    this.#inFlight = undefined;
    this.#watcher?.({
      outcome: result.outcome === 'committed' ? 'committed' : 'failed',
      operations: batch.length,
      ms: performance.now() - since,
      place: this.#place.place,
    });
    this.#worker?.unref();
    if (result.outcome === 'committed') {
      this.#place = afterCommit(this.#place, result.ms);
      this.#usualMs += (result.ms - this.#usualMs) * USUAL_SHARE;
      this.#pauseUntil = performance.now() + Math.min(this.#usualMs * PAUSE_FACTOR, PAUSE_MAX_MS);
      this.#failure = undefined;
      this.#checkpointer.wrote(pagesOf(batch));
      // Showing what this batch brought takes as long as committing the next: the thread and the event loop do both at once.
      if (this.#place.place === 'thread') this.#send();
      for (const [index, { resolve, reject }] of batch.entries()) {
        const answer = result.answers[index];
        if (answer !== undefined) resolve(answer);
        else reject(new StorageError('failed', `${this.#file}: an operation got no answer.`));
      }
    } else {
      const error = this.#errorOf(result);
      this.#place = AFTER_FAILURE;
      this.#failure = this.#withoutPath(error);
      for (const { reject } of batch) reject(error);
    }
    if (this.#waiting.length > 0) this.#schedule();
    else this.#idle?.();
  }

  /** What anybody may read who asks whether the server is ready: not where its files are. */
  #withoutPath(error: unknown): string {
    const reason = error instanceof Error ? error.message : String(error);
    return reason.replaceAll(this.#file, basename(this.#file));
  }

  #errorOf(result: Exclude<BatchResult, { outcome: 'committed' }>): StorageError {
    return result.outcome === 'failed'
      ? new StorageError(result.code, result.message)
      : new StorageError('failed', `${this.#file} is locked by another connection.`);
  }
}

function bytesOf(operation: Operation): number {
  if (operation.type === 'put-snapshot') return operation.bytes.length;
  if (operation.type !== 'append') return 0;
  return operation.entries.reduce((sum, { bytes }) => sum + bytes.length, 0);
}

/** About how many pages a batch writes to the WAL. */
function pagesOf(batch: readonly Waiting[]): number {
  const bytes = batch.reduce((sum, { operation }) => sum + bytesOf(operation), 0);
  return batch.length * OPERATION_PAGES + Math.ceil(bytes / PAGE_BYTES);
}
