import { basename } from 'node:path';
import { Worker } from 'node:worker_threads';
import { StorageError } from '../errors.ts';
import type { TextFound, TextIndex, TextQuery } from '../text-index.ts';
import { endThread, threadUrl } from './thread.ts';

/** What the searching thread is told. */
export type TextRequest =
  | { readonly type: 'find'; readonly id: number; readonly query: TextQuery }
  | { readonly type: 'newest'; readonly id: number }
  | { readonly type: 'close' };

export type TextAnswer =
  | { readonly id: number; readonly outcome: 'found'; readonly found: readonly TextFound[] }
  | { readonly id: number; readonly outcome: 'newest'; readonly place: number }
  | { readonly id: number; readonly outcome: 'failed'; readonly reason: string };

const THREAD = threadUrl('text-thread', import.meta.url);

type Answered = Exclude<TextAnswer, { outcome: 'failed' }>;

interface Waiting {
  readonly resolve: (answer: Answered) => void;
  readonly reject: (error: Error) => void;
}

/** Searches a database by a thread, which the first search starts. */
export class TextSearcher implements TextIndex {
  readonly #file: string;
  #thread: Worker | undefined;
  readonly #waiting = new Map<number, Waiting>();
  #asked = 0;
  #closed = false;

  constructor(file: string) {
    this.#file = file;
  }

  async find(query: TextQuery): Promise<readonly TextFound[]> {
    const answer = await this.#ask((id) => ({ type: 'find', id, query }));
    if (answer.outcome !== 'found') throw this.#failed('a question got the answer of another');
    return answer.found;
  }

  async newest(): Promise<number> {
    const answer = await this.#ask((id) => ({ type: 'newest', id }));
    if (answer.outcome !== 'newest') throw this.#failed('a question got the answer of another');
    return answer.place;
  }

  #ask(question: (id: number) => TextRequest): Promise<Answered> {
    return new Promise((resolve, reject) => {
      if (this.#closed) {
        reject(this.#failed('it is closed'));
        return;
      }
      const id = (this.#asked += 1);
      this.#waiting.set(id, { resolve, reject });
      this.#start().postMessage(question(id));
    });
  }

  /** Ends the thread; searches under way are answered first. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    const thread = this.#thread;
    this.#thread = undefined;
    const request: TextRequest = { type: 'close' };
    if (thread !== undefined) await endThread(thread, request);
  }

  #start(): Worker {
    if (this.#thread !== undefined) return this.#thread;
    const thread = new Worker(THREAD, {
      workerData: this.#file,
      name: `weft search ${basename(this.#file)}`,
    });
    // A search under way keeps no process alive.
    thread.unref();
    thread.on('message', (answer: TextAnswer) => this.#answered(answer));
    thread.on('error', (error) => this.#ended(thread, error.message));
    thread.on('exit', () => this.#ended(thread, 'its thread ended'));
    this.#thread = thread;
    return thread;
  }

  #answered(answer: TextAnswer): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if (answer.outcome === 'failed') waiting?.reject(this.#failed(answer.reason));
    else waiting?.resolve(answer);
  }

  /** The next search starts another one. */
  #ended(thread: Worker, reason: string): void {
    if (this.#thread === thread) this.#thread = undefined;
    else if (this.#thread !== undefined) return;
    const all = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of all) reject(this.#failed(reason));
  }

  #failed(reason: string): StorageError {
    return new StorageError('failed', `${this.#file} cannot be searched: ${reason}`);
  }
}
