import type { TextQuery, TextsFound } from './text-search.ts';

/** What a page asks of the worker that searches. */
export type ToSearchWorker =
  /** First of all: the name of the device's database. */
  | { readonly type: 'open'; readonly name: string }
  | { readonly type: 'find'; readonly id: number; readonly query: TextQuery }
  /** Nobody waits for that answer any more. */
  | { readonly type: 'stop'; readonly id: number }
  | { readonly type: 'tidy' }
  /** A search is about to come. */
  | { readonly type: 'prepare' };

export type FromSearchWorker =
  | {
      readonly type: 'found';
      readonly id: number;
      readonly complete: boolean;
      readonly found: TextsFound;
    }
  | { readonly type: 'failed'; readonly id: number };

/** A worker, behind the few members that we use. */
export type SearchWorker = Pick<Worker, 'postMessage' | 'onmessage' | 'onerror' | 'terminate'>;
