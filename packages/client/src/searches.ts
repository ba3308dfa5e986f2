import type { Search, SearchOptions, SearchResults } from './api.ts';
import { readOnly, signal } from './observable.ts';
import { parts } from './parts.ts';
import type { Searcher, SearcherOptions } from './search/search.ts';

const FAILED = { state: 'failed', code: 'internal' } as const;

/** Searches, whose code a page fetches with its first one. */
export class Searches {
  readonly #options: SearcherOptions;
  #searcher: Searcher | undefined;
  #closed = false;

  constructor(options: SearcherOptions) {
    this.#options = options;
  }

  search(query: string, options: SearchOptions): Search {
    const begun: SearchResults = {
      hits: [],
      more: false,
      words: [],
      device: { state: 'searching', have: 0, of: 0 },
      server: { state: 'searching' },
    };
    const results = signal(begun);
    let closed = false;
    let stop = () => {
      closed = true;
    };
    this.#run(
      (searcher) => {
        if (!closed) stop = searcher.search(query, options, results);
      },
      () => results.set({ ...begun, device: FAILED, server: FAILED }),
    );
    return { results: readOnly(results), close: () => stop() };
  }

  /** Something was taken off the device: its words go too; where the code cannot be had, with the next search. */
  evicted(): void {
    this.#run((searcher) => searcher.tidy());
  }

  /** A search is about to come; where the code cannot be had, that search says so. */
  prepare(): void {
    this.#run((searcher) => searcher.prepare());
  }

  close(): void {
    this.#closed = true;
    this.#searcher?.close();
  }

  #run(work: (searcher: Searcher) => void, failed: () => void = () => undefined): void {
    parts.search.load().then((part) => {
      if (!this.#closed) work((this.#searcher ??= new part.Searcher(this.#options)));
    }, failed);
  }
}
