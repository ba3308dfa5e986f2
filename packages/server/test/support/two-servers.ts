import { HocuspocusProvider, HocuspocusProviderWebsocket } from '@hocuspocus/provider';
import { type Document, Hocuspocus, Server } from '@hocuspocus/server';
import type { Log, Store } from '@weft/storage';
import { openMemoryStore } from '@weft/storage/memory';
import { onTestFinished } from 'vitest';
import WebSocket from 'ws';
import * as Y from 'yjs';
import { Compactor } from '../../src/engine/compactor.ts';
import { Audience } from '../../src/engine/audience.ts';
import { Engine } from '../../src/engine/engine.ts';
import { foldUpdates } from '../../src/engine/fold.ts';
import { silentLogger } from '../../src/logger.ts';
import { editorToken, startServer } from './server.ts';

/** A running server whose persistence a test can break: stock Hocuspocus, or ours. Documents are `document/…`. */
export interface Subject {
  readonly url: string;
  readonly token: string;
  /** From now on storing fails. */
  breakStore(): void;
  mendStore(): void;
  /** The next write to this document meets an error while it is handled, and only that one. */
  failNextWrite(document: string): void;
  /** The next time this document is read from storage, that fails. */
  failNextLoad(document: string): void;
  /** How many documents the server has in memory. */
  documents(): number;
}

/** Stock Hocuspocus as its guide wires it: a store hook, a load hook. Stores soon, so that tests need not wait. */
export async function stockServer(): Promise<Subject> {
  const kept = new Map<string, Uint8Array>();
  let broken = false;
  let failing: string | undefined;
  let unreadable: string | undefined;
  const server = new Server({
    port: 0,
    address: '127.0.0.1',
    quiet: true,
    stopOnSignals: false,
    debounce: 10,
    maxDebounce: 20,
    extensions: [
      {
        onLoadDocument: async ({ document, documentName }) => {
          if (documentName === unreadable) {
            unreadable = undefined;
            throw new Error('the disk cannot be read');
          }
          const update = kept.get(documentName);
          if (update !== undefined) Y.applyUpdate(document, update);
        },
        onStoreDocument: async ({ document, documentName }) => {
          if (broken) throw new Error('disk full');
          kept.set(documentName, Y.encodeStateAsUpdate(document));
        },
        beforeHandleMessage: async ({ documentName, update }) => {
          if (documentName !== failing || !isWrite(update)) return;
          failing = undefined;
          throw new Error('something went wrong');
        },
      },
    ],
  });
  await server.listen();
  // `destroy` of the stock server waits for stores that succeed: mended first, or it would never return (fact 2).
  onTestFinished(async () => {
    broken = false;
    await server.destroy();
  });
  return {
    url: `ws://127.0.0.1:${server.address.port}`,
    token: 'any',
    breakStore: () => {
      broken = true;
    },
    mendStore: () => {
      broken = false;
    },
    failNextWrite: (document) => {
      failing = document;
    },
    failNextLoad: (document) => {
      unreadable = document;
    },
    documents: () => server.hocuspocus.documents.size,
  };
}

/** Whether a frame carries an update: `address, Sync, Step2 | Update, …`. */
function isWrite(frame: Uint8Array): boolean {
  const afterAddress = frame.subarray(1 + (frame[0] ?? 0));
  return afterAddress[0] === 0 && afterAddress[1] === 2;
}

/** Ours, over a log whose appends fail when the test says so. */
export async function ourServer(): Promise<Subject> {
  const store = await openMemoryStore();
  let broken = false;
  let failing: string | undefined;
  const append: Log['append'] = async (entries) => {
    const once = entries.some(({ stream }) => stream === `_/${failing}`);
    if (once) failing = undefined;
    if (broken || once) throw new Error('disk full');
    return store.log.append(entries);
  };
  let unreadable: string | undefined;
  const read: Log['read'] = async (stream, after, limit) => {
    if (stream === `_/${unreadable}`) {
      unreadable = undefined;
      throw new Error('the disk cannot be read');
    }
    return store.log.read(stream, after, limit);
  };
  let open = 0;
  const counted: Store = { ...store, log: { ...store.log, append, read } };
  const create = Engine.prototype.createDocument;
  Engine.prototype.createDocument = async function createDocument(...args) {
    const document = await create.apply(this, args);
    open += 1;
    document.once('destroy', () => {
      open -= 1;
    });
    return document;
  };
  onTestFinished(() => {
    Engine.prototype.createDocument = create;
  });
  const { sync } = await startServer({ store: counted });
  return {
    url: sync,
    token: await editorToken('ann'),
    breakStore: () => {
      broken = true;
    },
    mendStore: () => {
      broken = false;
    },
    failNextWrite: (document) => {
      failing = document;
    },
    failNextLoad: (document) => {
      unreadable = document;
    },
    documents: () => open,
  };
}

/** A socket of the published provider, which several documents share. */
export function providerSocket(url: string) {
  const socket = new HocuspocusProviderWebsocket({ url, WebSocketPolyfill: WebSocket });
  onTestFinished(() => socket.destroy());
  return socket;
}

/** The published provider for one document. */
export function providerOn(
  websocketProvider: HocuspocusProviderWebsocket,
  name: string,
  token: string,
): HocuspocusProvider {
  const made = new HocuspocusProvider({ websocketProvider, name, token });
  made.attach();
  onTestFinished(() => made.destroy());
  return made;
}

/** The two engines alone, without sockets. */
export function stockEngine(): Hocuspocus {
  return new Hocuspocus({ quiet: true });
}

export async function ourEngine(over?: Store): Promise<Engine> {
  const store = over ?? (await openMemoryStore());
  const compactor = new Compactor({
    log: store.log,
    folder: { fold: async (updates) => foldUpdates(updates), close: async () => {} },
    logger: silentLogger,
    now: () => 0,
    folded: () => {},
  });
  return new Engine({
    tenant: '_',
    store,
    logger: silentLogger,
    now: () => 0,
    compactor,
    audience: new Audience(),
  });
}

/** Applies an update as each of the two does with one that a client sent. */
export async function applyAsReceived(
  engine: Hocuspocus,
  document: Document,
  update: Uint8Array,
  origin: unknown,
): Promise<void> {
  if (engine instanceof Engine) {
    await engine.intake(document).write({ bytes: update, principal: 'ann', origin });
  } else Y.applyUpdate(document, update, origin);
}
