import { WeftError } from '@weft/protocol';
import type { DeviceStore } from '@weft/storage';
import type { Environment } from '../api.ts';
import { memoryTexts } from './text-store.ts';
import { type TextQuery, TextSearch, type TextsFound } from './text-search.ts';
import type { FromSearchWorker, SearchWorker, ToSearchWorker } from './worker-messages.ts';

/** Milliseconds without a search after which the worker, and the words that it holds in memory, are let go. */
const IDLE_AFTER = 60_000;

/** Searches what is on the device. */
export interface DeviceSearch {
  /**
   * @param told what is found so far, and at the end what is found
   * @param failed the device could not be read
   * @returns what ends it: nothing more is told
   */
  find(
    query: TextQuery,
    told: (found: TextsFound, complete: boolean) => void,
    failed: () => void,
  ): () => void;
  /** Something was taken off the device. */
  tidy(): void;
  /** A search is about to come: what its first one has to wait for is begun. */
  prepare(): void;
  close(): void;
}

/** In the page itself: where there are no workers, and where the device is memory. */
export function pageSearch(store: DeviceStore, env: Pick<Environment, 'now'>): DeviceSearch {
  const search = new TextSearch(store, memoryTexts(), () => env.now());
  return {
    find: (query, told, failed) => {
      let ended = false;
      const tell = (found: TextsFound, complete: boolean) => {
        if (!ended) told(found, complete);
      };
      search
        .find(
          query,
          (found) => tell(found, false),
          () => ended,
        )
        .then(
          (found) => tell(found, true),
          () => {
            if (!ended) failed();
          },
        );
      return () => {
        ended = true;
      };
    },
    // It looks at what is there at each search, and keeps nothing beyond the page.
    tidy: () => undefined,
    // It would hold up the page.
    prepare: () => undefined,
    close: () => undefined,
  };
}

interface Asked {
  readonly told: (found: TextsFound, complete: boolean) => void;
  readonly failed: () => void;
}

/** In a worker, which a search starts and a minute without one ends. */
export function workerSearch(
  make: () => SearchWorker,
  name: string,
  env: Pick<Environment, 'timer'>,
): DeviceSearch {
  let worker: SearchWorker | undefined;
  let asked = 0;
  let closed = false;
  let stopIdle: () => void = () => undefined;
  const waiting = new Map<number, Asked>();

  const ask = (to: SearchWorker, message: ToSearchWorker) => to.postMessage(message);
  const end = () => {
    stopIdle();
    worker?.terminate();
    worker = undefined;
    const all = [...waiting.values()];
    waiting.clear();
    return all;
  };
  const rest = () => {
    stopIdle();
    if (waiting.size === 0) stopIdle = env.timer(IDLE_AFTER, () => void end());
  };
  const start = (): SearchWorker => {
    if (worker !== undefined) return worker;
    const made = make();
    made.onmessage = ({ data }: MessageEvent<FromSearchWorker>) => {
      const one = waiting.get(data.id);
      if (data.type === 'failed' || data.complete) waiting.delete(data.id);
      if (data.type === 'failed') one?.failed();
      else one?.told(data.found, data.complete);
      rest();
    };
    // Its code cannot be had, or it met an error of ours: the next search starts another one.
    made.onerror = () => {
      for (const { failed } of end()) failed();
    };
    ask(made, { type: 'open', name });
    worker = made;
    return made;
  };

  const say = (message: ToSearchWorker) => {
    if (closed) return;
    ask(start(), message);
    rest();
  };

  return {
    find: (query, told, failed) => {
      if (closed) throw new WeftError('request-invalid', 'The client is closed.');
      const id = (asked += 1);
      stopIdle();
      waiting.set(id, { told, failed });
      try {
        ask(start(), { type: 'find', id, query });
      } catch {
        waiting.delete(id);
        failed();
      }
      return () => {
        if (!waiting.delete(id)) return;
        if (worker !== undefined) ask(worker, { type: 'stop', id });
        rest();
      };
    },
    tidy: () => say({ type: 'tidy' }),
    prepare: () => say({ type: 'prepare' }),
    close: () => {
      closed = true;
      end();
    },
  };
}
