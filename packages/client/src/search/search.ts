import { backoffDelay, readQuery } from '@weft/protocol';
import type { DeviceStore } from '@weft/storage';
import type {
  ConnectionStatus,
  Environment,
  Observable,
  SearchHit,
  SearchOptions,
  SearchResults,
} from '../api.ts';
import type { Signal } from '../observable.ts';
import { isOfToken } from '../token-codes.ts';
import { askServer, platformRequest } from './ask-server.ts';
import { type DeviceSearch, pageSearch, workerSearch } from './device-search.ts';
import type { FoundText } from './text-search.ts';

export interface SearcherOptions {
  readonly env: Environment;
  /** Whether the sockets are the platform's: then what is asked beside them is, too. */
  readonly platform: boolean;
  readonly store: DeviceStore;
  /** Name of the device's database; nothing where the store is another one. */
  readonly device: string | undefined;
  /** Of the socket. */
  readonly url: URL;
  readonly connection: Observable<ConnectionStatus>;
  /** A token that should be good still. @param anew one that was given before is not good any more */
  readonly token: (anew: boolean) => Promise<string>;
}

/** Hits of a search that asks for no number. */
const LIMIT = 50;

/** Milliseconds until a server that was asked too much is asked again. */
const SLOWER = 1_000;

/** Searches on the device and on the server beyond, each message once. */
export class Searcher {
  readonly #options: SearcherOptions;
  readonly #device: DeviceSearch;
  /** What ends each search that is open. */
  readonly #open = new Set<() => void>();

  constructor(options: SearcherOptions) {
    this.#options = options;
    const { env, store, device } = options;
    const { searchWorker: make } = env;
    this.#device =
      make === undefined || device === undefined
        ? pageSearch(store, env)
        : workerSearch(make, device, env);
  }

  /** @returns what ends it */
  search(query: string, options: SearchOptions, results: Signal<SearchResults>): () => void {
    const read = readQuery(query);
    if (read.outcome === 'refused') {
      const failed = { state: 'failed', code: read.code } as const;
      results.set({ ...results.get(), device: failed, server: failed });
      return () => undefined;
    }
    const { words } = read;
    const { limit = LIMIT, conversation } = options;
    const where = conversation === undefined ? {} : { conversation };
    results.set({ ...results.get(), words });
    const parts: Found = {};
    const show = (change: Partial<SearchResults>) => {
      results.set({ ...results.get(), ...change, ...merged(parts, limit) });
    };

    const stopDevice = this.#device.find(
      { words, limit, ...where },
      ({ found, more, have, of }, complete) => {
        parts.device = { found, more };
        const state = complete ? 'searched' : 'searching';
        show({ device: { state, have, of } });
      },
      () => show({ device: { state: 'failed', code: 'device-failed' } }),
    );
    const stopServer = this.#askServer({ query, limit, ...where }, (found, server) => {
      if (found !== undefined) parts.server = found;
      show({ server });
    });
    const stop = () => {
      this.#open.delete(stop);
      stopDevice();
      stopServer();
    };
    this.#open.add(stop);
    return stop;
  }

  tidy(): void {
    this.#device.tidy();
  }

  prepare(): void {
    this.#device.prepare();
  }

  /** Ends all searches too: their timers and requests would outlive the client. */
  close(): void {
    for (const stop of this.#open) stop();
    this.#device.close();
  }

  /** Asks as soon as there is a connection. */
  #askServer(
    query: Parameters<typeof askServer>[2],
    told: (found: Part | undefined, state: SearchResults['server']) => void,
  ): () => void {
    const { connection, env } = this.#options;
    let state: 'waiting' | 'asking' | 'done' = 'waiting';
    const abort = new AbortController();
    let stopTimer: () => void = () => undefined;
    let failures = 0;
    // One at a time: one that was planned before would go on after the search was closed.
    const later = (ms: number, run: () => void) => {
      stopTimer();
      stopTimer = env.timer(ms, run);
    };
    const ask = async (anew: boolean): Promise<void> => {
      state = 'asking';
      told(undefined, { state: 'searching' });
      const answer = await this.#answer(query, anew, abort.signal);
      if (abort.signal.aborted) return;
      state = 'done';
      if (answer.outcome === 'found') {
        const { found, more } = answer;
        told({ found, more }, { state: 'searched' });
      } else if (answer.outcome === 'unreached') {
        state = 'waiting';
        told(undefined, { state: 'offline' });
        failures += 1;
        // Nothing else would tell: the socket may be well where a request was not.
        later(backoffDelay(failures, env.random()), look);
      } else if (answer.code === 'too-fast') {
        later(SLOWER, () => void ask(false));
      } else if (isOfToken(answer.code) && !anew) {
        await ask(true);
      } else {
        told(undefined, { state: 'failed', code: answer.code });
      }
    };
    const look = () => {
      if (state !== 'waiting') return;
      if (connection.get().state === 'online') void ask(false);
      else told(undefined, { state: 'offline' });
    };
    const unsubscribe = connection.subscribe(look);
    look();
    return () => {
      unsubscribe();
      stopTimer();
      abort.abort();
    };
  }

  async #answer(query: Parameters<typeof askServer>[2], anew: boolean, signal: AbortSignal) {
    const { env, platform, url, token } = this.#options;
    const request = env.request ?? (platform ? platformRequest : undefined);
    if (request === undefined) return { outcome: 'unreached' } as const;
    try {
      return await askServer(url, await token(anew), query, request, signal);
    } catch {
      // There is no token to be had: the connection is about to say so.
      return { outcome: 'unreached' } as const;
    }
  }
}

interface Part {
  readonly found: readonly FoundText[];
  readonly more: boolean;
}

interface Found {
  device?: Part;
  server?: Part;
}

/**
 * Each message once, the newest first. What the server answered counts: where it was asked for all that is newer than its
 * oldest answer, a message that it does not have was changed or taken away since the device heard of it. One that is newer
 * than all of its answers may have come after it was asked.
 */
function merged({ device, server }: Found, limit: number): Pick<SearchResults, 'hits' | 'more'> {
  const hits = new Map<string, SearchHit>();
  const told = server?.found ?? [];
  for (const hit of told) hits.set(keyOf(hit), { ...hit, from: 'server' });
  const newest = told[0]?.at ?? Number.NEGATIVE_INFINITY;
  const oldest =
    server === undefined
      ? Number.POSITIVE_INFINITY
      : server.more
        ? (told.at(-1)?.at ?? Number.POSITIVE_INFINITY)
        : Number.NEGATIVE_INFINITY;
  for (const hit of device?.found ?? []) {
    const both = hits.has(keyOf(hit));
    const outdated =
      server !== undefined && told.length > 0 && hit.at >= oldest && hit.at <= newest;
    if (both || !outdated) {
      hits.set(keyOf(hit), { ...(hits.get(keyOf(hit)) ?? hit), from: 'device' });
    }
  }
  const all = [...hits.values()].toSorted((a, b) => b.at - a.at || b.sequence - a.sequence);
  const more = all.length > limit || device?.more === true || server?.more === true;
  return { hits: all.slice(0, limit), more };
}

function keyOf({ conversation, sequence }: FoundText): string {
  return `${conversation}/${sequence}`;
}
