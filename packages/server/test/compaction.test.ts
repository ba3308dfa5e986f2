import { contentHash } from '@weft/protocol';
import type { Log, Store } from '@weft/storage';
import { openMemoryStore } from '@weft/storage/memory';
import { openSqliteStore } from '@weft/storage/sqlite';
import fc from 'fast-check';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import * as Y from 'yjs';
import { Compactor } from '../src/engine/compactor.ts';
import { foldUpdates } from '../src/engine/fold.ts';
import { type Folder, createWorkerFolder } from '../src/engine/folder.ts';
import { catchUp, readStream } from '../src/engine/load.ts';
import { Tail } from '../src/engine/tail.ts';
import { silentLogger } from '../src/logger.ts';
import { temporaryDirectory } from './support/server.ts';

const inline: Folder = { fold: async (updates) => foldUpdates(updates), close: async () => {} };
const HEAVY = { records: 1_000_000, bytes: 0, snapshotBytes: 0 };

/** Random edits of two people, as the updates that reached the log, and the document they make. */
function session(seeds: readonly number[]) {
  const updates: Uint8Array[] = [];
  const docs = [1, 2].map((client) => {
    const doc = new Y.Doc();
    doc.clientID = client;
    doc.on('update', (update: Uint8Array, origin: unknown) => {
      if (origin !== 'peer') updates.push(update);
    });
    return doc;
  });
  const [a = new Y.Doc(), b = new Y.Doc()] = docs;
  for (const seed of seeds) {
    const [doc, other] = seed % 2 === 0 ? [a, b] : [b, a];
    const text = doc.getText('t');
    if (seed % 5 === 0 && text.length > 3) text.delete(seed % (text.length - 2), 2);
    else if (seed % 7 === 0 && text.length > 3)
      text.format(0, 3, { bold: seed % 3 === 0 ? true : null });
    else text.insert(seed % (text.length + 1), `${seed} `);
    if (seed % 3 === 0) {
      Y.applyUpdate(other, Y.encodeStateAsUpdate(doc), 'peer');
      Y.applyUpdate(doc, Y.encodeStateAsUpdate(other), 'peer');
    }
  }
  Y.applyUpdate(a, Y.encodeStateAsUpdate(b), 'peer');
  return { updates, doc: a };
}

async function fill(log: Log, updates: readonly Uint8Array[], from = 0) {
  for (const [index, bytes] of updates.slice(from).entries()) {
    await log.append([
      { stream: 's', principal: 'p', kind: 'update', at: 0, bytes, after: from + index },
    ]);
  }
}

function compactorOver(log: Log, folder = inline) {
  const folds: string[] = [];
  const compactor = new Compactor({
    log,
    folder,
    logger: silentLogger,
    now: () => 0,
    folded: (stream, upTo) => folds.push(`${stream} ${upTo}`),
  });
  return { compactor, folds };
}

async function loaded(store: Store): Promise<string> {
  const doc = new Y.Doc();
  await catchUp(store.log, 's', doc, 0);
  expect(doc.store.pendingStructs).toBeNull();
  return contentHash(doc);
}

describe('compaction', () => {
  it('[D6] keeps the content hash, whatever was edited and however often it is folded', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat({ max: 10_000 }), { minLength: 1, maxLength: 60 }),
        fc.nat(),
        async (seeds, cut) => {
          const { updates, doc } = session(seeds);
          const store = await openMemoryStore();
          const { compactor } = compactorOver(store.log);
          const half = cut % (updates.length + 1);
          await fill(store.log, updates.slice(0, half));
          compactor.consider('s', HEAVY);
          await compactor.settled();
          await fill(store.log, updates, half);
          expect(await loaded(store)).toBe(contentHash(doc));
          compactor.consider('s', HEAVY);
          await compactor.settled();
          expect(await loaded(store)).toBe(contentHash(doc));
          expect(await store.log.head('s')).toBe(updates.length);
        },
      ),
      { seed: 6, numRuns: 80 },
    );
  });

  it('[D6] a crash at any step leaves the old or the new', async () => {
    const { updates, doc } = session(Array.from({ length: 40 }, (_, index) => index * 31));
    const steps: (keyof Log)[] = ['head', 'snapshot', 'read', 'putSnapshot', 'trim'];
    for (const step of steps) {
      for (const when of ['before', 'after'] as const) {
        const store = await openMemoryStore();
        await fill(store.log, updates);
        const crashing: Log = {
          ...store.log,
          [step]: async (...given: never[]) => {
            if (when === 'after') await Reflect.apply(store.log[step], store.log, given);
            throw new Error('crash');
          },
        };
        const { compactor } = compactorOver(crashing);
        compactor.consider('s', HEAVY);
        await compactor.settled();
        expect(await loaded(store)).toBe(contentHash(doc));
      }
    }
  });

  it('[D4] a reader that meets a fold halfway begins again', async () => {
    const { updates, doc } = session(Array.from({ length: 30 }, (_, index) => index * 17));
    for (const step of ['snapshot', 'read'] as const) {
      const store = await openMemoryStore();
      await fill(store.log, updates);
      const { compactor } = compactorOver(store.log);
      let folded = false;
      const fold = async () => {
        if (folded) return;
        folded = true;
        compactor.consider('s', HEAVY);
        await compactor.settled();
      };
      const log: Log = {
        ...store.log,
        snapshot: async (stream) => {
          const found = await store.log.snapshot(stream);
          if (step === 'snapshot') await fold();
          return found;
        },
        read: async (stream, after, limit) => {
          const found = await store.log.read(stream, after, Math.min(limit, 10));
          if (step === 'read') await fold();
          return found;
        },
      };
      const reading = new Y.Doc();
      await catchUp(log, 's', reading, 0);
      expect(contentHash(reading)).toBe(contentHash(doc));
    }
  });

  it('does not take a snapshot for whole when records are missing', async () => {
    const { updates } = session(Array.from({ length: 10 }, (_, index) => index));
    expect(() => foldUpdates(updates.slice(3))).toThrow(/missing/);
    const store = await openMemoryStore();
    await fill(store.log, updates);
    await store.log.putSnapshot('s', { upTo: 5, bytes: foldUpdates(updates.slice(0, 5)) }, 0);
    await store.log.trim('s');
    const broken: Log = { ...store.log, snapshot: async () => undefined };
    await expect(readStream(broken, 's', 0)).rejects.toThrow(/missing/);
  });

  it('[D6] over SQLite, in a thread of its own: smaller, and the same after reopening', async () => {
    const file = join(temporaryDirectory(), 'weft.db');
    const { updates, doc } = session(Array.from({ length: 600 }, (_, index) => index * 7));
    let store = await openSqliteStore({ file });
    const folder = createWorkerFolder();
    onTestFinished(() => folder.close());
    await fill(store.log, updates);
    const { compactor, folds } = compactorOver(store.log, folder);
    compactor.consider('s', { records: 10, bytes: 10, snapshotBytes: 0 });
    await compactor.settled();
    expect(folds).toEqual([]);
    compactor.consider('s', HEAVY);
    await compactor.settled();
    expect(folds).toEqual([`s ${updates.length}`]);
    expect(await store.log.read('s', 0, 10)).toEqual([]);
    await store.close();
    store = await openSqliteStore({ file });
    onTestFinished(() => store.close());
    expect(await loaded(store)).toBe(contentHash(doc));
  });

  it("counts a document's size with what was folded as folded", () => {
    const content = {
      updates: [new Uint8Array(50), new Uint8Array(10)],
      snapshotBytes: 50,
      number: 8,
    };
    const tail = new Tail(content);
    expect(tail.sizeAt(tail.total)).toBe(60);
    for (let number = 9; number <= 12; number += 1) tail.appended(number, 20);
    expect(tail.weight).toEqual({ records: 5, bytes: 90, snapshotBytes: 50 });
    const planned = tail.total + 20;
    tail.folded(11, 70);
    expect(tail.weight).toEqual({ records: 1, bytes: 20, snapshotBytes: 70 });
    expect(tail.sizeAt(tail.total)).toBe(90);
    expect(tail.sizeAt(planned)).toBe(110);
  });
});
