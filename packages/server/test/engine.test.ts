import { Hocuspocus } from '@hocuspocus/server';
import type { Store } from '@weft/storage';
import { openMemoryStore } from '@weft/storage/memory';
import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { Compactor } from '../src/engine/compactor.ts';
import { Engine } from '../src/engine/engine.ts';
import { foldUpdates } from '../src/engine/fold.ts';
import { silentLogger } from '../src/logger.ts';

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
const request = new Request('http://localhost/');
const connection = { readOnly: false, isAuthenticated: true };

/** An engine that folds in this thread. */
function engineOver(store: Store): Engine {
  const compactor = new Compactor({
    log: store.log,
    folder: { fold: async (updates) => foldUpdates(updates), close: async () => {} },
    logger: silentLogger,
    now: () => 0,
    folded: () => {},
  });
  return new Engine({ tenant: '_', store, logger: silentLogger, now: () => 0, compactor });
}

/** The last reader leaves while a newcomer opens, some microtasks apart: how often it gets a dead document. */
async function raceUnload(engine: Hocuspocus, runs: number): Promise<number> {
  let dead = 0;
  for (let run = 0; run < runs; run += 1) {
    const name = `document/race-${run}`;
    const first = await engine.createDocument(name, request, 'one', connection);
    await turn();
    const unloading = engine.unloadDocument(first);
    for (let tick = 0; tick < run % 16; tick += 1) await Promise.resolve();
    const second = await engine.createDocument(name, request, 'two', connection);
    // What a socket does next, in the same turn: attach.
    second.addDirectConnection();
    await unloading;
    await turn();
    if (second.isDestroyed || engine.documents.get(name) !== second) dead += 1;
  }
  return dead;
}

describe('engine', () => {
  it('[D2] never hands out a document that it unloads before the newcomer is attached', async () => {
    const stock = new Hocuspocus({ quiet: true });
    expect(await raceUnload(stock, 80)).toBeGreaterThan(0);
    const store = await openMemoryStore();
    const ours = engineOver(store);
    expect(await raceUnload(ours, 80)).toBe(0);
  });

  it('[D3] does not write by itself when one person formats what another deletes', async () => {
    const store = await openMemoryStore();
    const engine = engineOver(store);
    const document = await engine.createDocument('document/a', request, 'one', connection);
    document.addDirectConnection();
    // A nested text: roots that nobody asked for have no type here, and only typed texts clean up.
    const textOf = (doc: Y.Doc) => {
      const text = doc.getXmlFragment('content').get(0);
      if (!(text instanceof Y.XmlText)) throw new TypeError('No text.');
      return text;
    };
    const base = new Y.Doc();
    base.getXmlFragment('content').insert(0, [new Y.XmlText('one two three')]);
    const copies = [1, 2].map((client) => {
      const copy = new Y.Doc();
      copy.clientID = client;
      Y.applyUpdate(copy, Y.encodeStateAsUpdate(base));
      if (client === 1) textOf(copy).format(4, 3, { bold: true });
      else textOf(copy).delete(4, 3);
      return copy;
    });
    const origins: unknown[] = [];
    document.on('update', (_update: Uint8Array, origin: unknown) => origins.push(origin));
    for (const source of [base, ...copies]) {
      await engine
        .intake(document)
        .write({ bytes: Y.encodeStateAsUpdate(source), principal: 'p', origin: 'door' });
    }
    await turn();
    expect(new Set(origins)).toEqual(new Set(['door']));
    // The same updates make a plain document write: the behaviour that is switched off is still there.
    const plain = new Y.Doc();
    const own: unknown[] = [];
    plain.on('update', (_update: Uint8Array, origin: unknown) => own.push(origin));
    for (const source of [base, ...copies])
      Y.applyUpdate(plain, Y.encodeStateAsUpdate(source), 'door');
    expect(new Set(own)).toEqual(new Set(['door', null]));
  });

  it('[D4] loads a snapshot and the tail behind it in one transaction', async () => {
    const store = await openMemoryStore();
    const source = new Y.Doc();
    const updates: Uint8Array[] = [];
    source.on('update', (update: Uint8Array) => updates.push(update));
    for (const word of ['a', 'b', 'c', 'd']) source.getText('t').insert(0, word);
    const append = (bytes: Uint8Array) =>
      store.log.append([{ stream: '_/document/a', principal: 'p', kind: 'update', at: 0, bytes }]);
    for (const update of updates) await append(update);
    const snapshot = new Y.Doc();
    for (const update of updates.slice(0, 3)) Y.applyUpdate(snapshot, update);
    await store.log.putSnapshot(
      '_/document/a',
      { upTo: 3, bytes: Y.encodeStateAsUpdate(snapshot) },
      0,
    );
    const engine = engineOver(store);
    const document = await engine.createDocument('document/a', request, 'one', connection);
    expect(document.getText('t').toString()).toBe('dcba');
  });
});
