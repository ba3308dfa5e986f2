import { registerHooks } from 'node:module';
import type { createWeft } from '@weft/client';
import type { createWeftCore, foldUpdates } from '@weft/server';
import type { DeviceStore, Store } from '@weft/storage';
import type { openIndexedDbDevice } from '@weft/storage/indexeddb';
import type { SimEndpoint, SimTransport } from '@weft/testkit/sim';

/** The code under test: one copy of our packages, as they are or with a bug planted. */
export interface Universe {
  readonly name: string;
  readonly createWeft: typeof createWeft;
  readonly createWeftCore: typeof createWeftCore;
  readonly foldUpdates: typeof foldUpdates;
  readonly openDevice: typeof openIndexedDbDevice;
  /** What lies between the parts of the system: nothing, but for a planted bug. */
  readonly wrappers: Wrappers;
}

/** Bugs that sit between two parts. Each is made anew for each run. */
export interface Wrappers {
  /** Between server and store. */
  readonly store?: (store: Store) => Store;
  /** Between client and device. */
  readonly device?: (device: DeviceStore) => DeviceStore;
  /** Between the network and the server's sockets: all of one run's go through one function. */
  readonly sockets?: () => (transport: SimTransport, accept: Accept) => SimEndpoint;
  /** Between a client and its socket: what it sends, as what is sent. */
  readonly sending?: (frame: Uint8Array<ArrayBuffer>) => readonly Uint8Array<ArrayBuffer>[];
  /** A client draws the same numbers in each of its sessions. */
  readonly sameDraws?: boolean;
}

export type Accept = (transport: SimTransport) => SimEndpoint;

type Client = Pick<Universe, 'createWeft'> & { readonly loadParts: () => Promise<void> };
type Server = Pick<Universe, 'createWeftCore' | 'foldUpdates'>;
type Storage = { readonly openIndexedDbDevice: Universe['openDevice'] };

/** Changes the text of a module as it is loaded. @param file its path in the repository */
export type Transform = (file: string, source: string) => string;

/** Our packages as they are. */
export async function soundUniverse(): Promise<Universe> {
  const [client, server, storage] = await Promise.all([
    import('@weft/client'),
    import('@weft/server'),
    import('@weft/storage/indexeddb'),
  ]);
  await client.loadParts();
  return {
    name: 'sound',
    createWeft: client.createWeft,
    createWeftCore: server.createWeftCore,
    foldUpdates: server.foldUpdates,
    openDevice: storage.openIndexedDbDevice,
    wrappers: {},
  };
}

/** Marks the modules of a copy: each copy has a number of its own. */
const MARK = 'universe';

/** Our sources, in whatever directory the repository lies. */
const SOURCES = /\/(packages\/(?:protocol|storage|server|client)\/src\/[^?]+)/;

const transforms = new Map<string, Transform>();
let count = 0;

/**
 * A copy of our packages of its own, each module changed as it is loaded: a bug is planted from outside, and nothing
 * of it is in what we ship. What is not ours (yjs, the engine) is shared by all copies.
 */
export async function copiedUniverse(
  name: string,
  transform: Transform,
  wrappers: Wrappers = {},
): Promise<Universe> {
  if (count === 0) install();
  count += 1;
  const mark = `${MARK}=${count}`;
  transforms.set(mark, transform);
  const here = (specifier: string) => `${import.meta.resolve(specifier)}?${mark}`;
  // oxlint-disable-next-line typescript/no-unsafe-assignment -- the same modules as in `soundUniverse`, loaded anew
  const [client, server, storage]: [Client, Server, Storage] = await Promise.all([
    import(here('@weft/client')),
    import(here('@weft/server')),
    import(here('@weft/storage/indexeddb')),
  ]);
  // When they would come otherwise depends on the machine, and not on the seed.
  await client.loadParts();
  return {
    name,
    createWeft: client.createWeft,
    createWeftCore: server.createWeftCore,
    foldUpdates: server.foldUpdates,
    openDevice: storage.openIndexedDbDevice,
    wrappers,
  };
}

function install(): void {
  registerHooks({
    resolve: (specifier, context, next) => {
      const resolved = next(specifier, context);
      const mark = markOf(context.parentURL);
      if (mark === undefined || !SOURCES.test(resolved.url) || markOf(resolved.url) !== undefined) {
        return resolved;
      }
      return { ...resolved, url: `${resolved.url}?${mark}` };
    },
    load: (url, context, next) => {
      const loaded = next(url, context);
      const file = SOURCES.exec(url)?.[1];
      const transform = transforms.get(markOf(url) ?? '');
      if (file === undefined || transform === undefined) return loaded;
      return { ...loaded, source: transform(file, textOf(loaded.source)) };
    },
  });
}

function markOf(url: string | undefined): string | undefined {
  return url === undefined ? undefined : (/\?(universe=\d+)$/.exec(url)?.[1] ?? undefined);
}

function textOf(source: unknown): string {
  if (typeof source === 'string') return source;
  if (source instanceof Uint8Array) return new TextDecoder().decode(source);
  throw new Error('A module has no text.');
}
