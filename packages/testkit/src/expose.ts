import { type Exposed, makeProbe } from './probe.ts';

export type { Exposed, ProbeDoc } from './probe.ts';

/**
 * Hands a document to tests. Call it where the document is made, in development only (`if (import.meta.env.DEV)`):
 * whoever reaches the page's scripts reaches the document too.
 * @param name where a page has several
 */
export function exposeForTest(exposed: Exposed, name = 'document'): void {
  globalThis.__convergence__ ??= makeProbe();
  globalThis.__convergence__.register(name, exposed);
}

/** As much of a `HocuspocusProvider` (4.x) as is used. */
export interface HocuspocusLike {
  readonly document: Exposed['yDoc'];
  readonly awareness: object | null;
  readonly isSynced: boolean;
  readonly hasUnsyncedChanges: boolean;
  on(event: 'synced' | 'unsyncedChanges', call: () => void): unknown;
  off(event: 'synced' | 'unsyncedChanges', call: () => void): unknown;
}

/** A stock Hocuspocus app: settled when its provider says that it is synced and has no unsynced changes. */
export function hocuspocusProbe(provider: HocuspocusLike): Exposed {
  const isSettled = () => provider.isSynced && !provider.hasUnsyncedChanges;
  return {
    yDoc: provider.document,
    awareness: provider.awareness ?? undefined,
    settled: () =>
      new Promise((resolve) => {
        const look = () => {
          if (!isSettled()) return;
          for (const event of ['synced', 'unsyncedChanges'] as const) provider.off(event, look);
          resolve();
        };
        for (const event of ['synced', 'unsyncedChanges'] as const) provider.on(event, look);
        look();
      }),
    state: () =>
      `${provider.isSynced ? 'synced' : 'not synced'}, ${provider.hasUnsyncedChanges ? 'with' : 'without'} unsynced changes`,
  };
}

/** As much of a `WebsocketProvider` (y-websocket 2.x, 3.x) as is used. */
export interface YWebsocketLike {
  readonly doc: Exposed['yDoc'];
  readonly awareness: object;
  readonly synced: boolean;
  on(event: 'sync', call: () => void): unknown;
  off(event: 'sync', call: () => void): unknown;
}

/** A stock y-websocket app: settled when its provider says *synced*. It has no word for changes under way. */
export function yWebsocketProbe(provider: YWebsocketLike): Exposed {
  return {
    yDoc: provider.doc,
    awareness: provider.awareness,
    settled: () =>
      new Promise((resolve) => {
        const look = () => {
          if (!provider.synced) return;
          provider.off('sync', look);
          resolve();
        };
        provider.on('sync', look);
        look();
      }),
    state: () => (provider.synced ? 'synced' : 'not synced'),
  };
}

/** As much of a document of `@weft/client` as is used. */
export interface WeftLike {
  readonly doc: Exposed['yDoc'];
  readonly awareness: object;
  readonly status: {
    get(): { readonly state: string };
    subscribe(call: () => void): () => void;
  };
}

/** A document of `@weft/client`: settled when it is *stored*. */
export function weftProbe(document: WeftLike): Exposed {
  return {
    yDoc: document.doc,
    awareness: document.awareness,
    settled: () =>
      new Promise((resolve) => {
        const look = () => {
          if (document.status.get().state !== 'stored') return;
          unsubscribe();
          resolve();
        };
        const unsubscribe = document.status.subscribe(look);
        look();
      }),
    state: () => document.status.get().state,
  };
}
