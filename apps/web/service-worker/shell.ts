import { type KnownRelease, succession } from './releases.ts';
import type { Route } from './route.ts';

/** A file of a release, as the build lists it. */
export interface ShellFile {
  /** Relative to the root of the app. */
  readonly url: string;
  /** `null` where the name changes with the content. */
  readonly revision: string | null;
  /** Subresource integrity of its content; the list has none for the web manifest, which fits any release. */
  readonly integrity?: string;
}

/** The app's own files on this device, release by release. */
export interface Shell {
  /** Fetches every file of this release. Rejects, and keeps none, when one is missing or of another release. */
  install(): Promise<void>;
  /** Takes over: of the others, only the release that served until now keeps its files. */
  activate(): Promise<void>;
  answer(route: Exclude<Route, { to: 'network' }>, request: Request): Promise<Response>;
}

export interface ShellOptions {
  readonly files: readonly ShellFile[];
  readonly caches: CacheStorage;
  readonly fetch: (request: Request) => Promise<Response>;
}

const PREFIX = 'weft-shell-';
/** Under this name a release's cache keeps its turn. No route leads to it. */
const TURN = '/.turn';
const PAGE = '/index.html';
/** A file is one file, whatever a proxy says of the headers that it was asked with. */
const ANY = { ignoreVary: true };

export function createShell({ files, caches, fetch }: ShellOptions): Shell {
  let name: Promise<string> | undefined;
  const ownName = () => (name ??= nameOf(files));
  const ownCache = async () => caches.open(await ownName());

  const known = async (): Promise<readonly KnownRelease[]> => {
    const names = (await caches.keys()).filter((other) => other.startsWith(PREFIX));
    return Promise.all(
      names.map(async (name) => {
        const kept = await (await caches.open(name)).match(TURN);
        return { name, turn: kept === undefined ? undefined : Number(await kept.text()) };
      }),
    );
  };

  return {
    async install() {
      const cache = await ownCache();
      await cache.addAll(files.map(toRequest));
    },
    async activate() {
      const { turn, remove } = succession(await known(), await ownName());
      const cache = await ownCache();
      await cache.put(TURN, new Response(String(turn)));
      await Promise.all(remove.map((other) => caches.delete(other)));
    },
    async answer(route, request) {
      const kept =
        route.to === 'earlier'
          ? await caches.match(route.path, ANY)
          : await (await ownCache()).match(route.to === 'page' ? PAGE : route.path, ANY);
      // The browser may clear caches under us; with a network, the app then still opens.
      return kept ?? fetch(request);
    },
  };
}

/**
 * By its content alone: the server may change to yet another release between two files, and a page of one release
 * with the code of another would open nowhere.
 */
function toRequest({ url, revision, integrity }: ShellFile): Request {
  return new Request(`/${url}`, {
    integrity: integrity ?? '',
    cache: revision === null ? 'default' : 'reload',
    credentials: 'same-origin',
  });
}

async function nameOf(files: readonly ShellFile[]): Promise<string> {
  const bytes = new TextEncoder().encode(JSON.stringify(files));
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return `${PREFIX}${[...digest.subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}
