import type { Environment } from './api.ts';

/**
 * A part of the client's code that a page need not load at first. It is fetched when it is needed, or before that, when
 * the page has nothing else to do.
 */
export interface Part<T> {
  /** The part, once it is here. */
  readonly now: T | undefined;
  /** Fetches it. Rejects when it cannot be had, and may be called again. */
  load(): Promise<T>;
}

export function part<T>(fetch: () => Promise<T>): Part<T> {
  let now: T | undefined;
  let loading: Promise<T> | undefined;
  const load = async (): Promise<T> => {
    try {
      now = await fetch();
      return now;
    } finally {
      loading = undefined;
    }
  };
  return {
    get now() {
      return now;
    },
    load: () => (now === undefined ? (loading ??= load()) : Promise.resolve(now)),
  };
}

/** Milliseconds between two attempts to fetch a part: the first, and the longest. */
const RETRY = { first: 1_000, longest: 60_000 } as const;

/**
 * Calls back, in a later turn, when a part is here. One that cannot be had (no network, or a newer release has taken its
 * place on the server) is asked for again. Returns the cancel.
 */
export function whenHere(
  wanted: Part<unknown>,
  env: Pick<Environment, 'timer'>,
  here: () => void,
): () => void {
  let cancelled = false;
  let stop: () => void = () => undefined;
  const attempt = (pause: number): void => {
    wanted.load().then(
      () => {
        if (!cancelled) here();
      },
      () => {
        if (cancelled) return;
        stop = env.timer(pause, () => attempt(Math.min(pause * 2, RETRY.longest)));
      },
    );
  };
  attempt(RETRY.first);
  return () => {
    cancelled = true;
    stop();
  };
}

export const parts = {
  /** Speaks with the server: fetched with the first attempt to connect, beside the token. */
  session: part(() => import('./session.ts')),
  /** Makes a new copy of a document, where the server refused work or has other content. */
  rebuild: part(() => import('./rebuild.ts')),
  /** Conversations, and what waits to be sent in them. */
  conversations: part(() => import('./conversations.ts')),
  /** Files of messages, on the device and on their way. */
  files: part(() => import('./file-box.ts')),
  /** Sends much work in parts. */
  split: part(() => import('./split.ts')),
  /** Tells whether a quiet document reads as the server's does. */
  compare: part(() => import('./compare.ts')),
  /** Finds messages. */
  search: part(() => import('./search/search.ts')),
  /** Names the conversation between two people. */
  directId: part(() => import('./direct-id.ts')),
} as const satisfies Record<string, Part<unknown>>;

/**
 * Fetches all of the client that is not needed at first. A page that is online does so by itself when it is idle; call it
 * where that is too late: a test that must not depend on when they come, or a page without a service worker.
 * Rejects when a part cannot be had; each is asked for again when it is needed.
 */
export async function loadParts(): Promise<void> {
  await Promise.all(Object.values(parts).map((each) => each.load()));
}
