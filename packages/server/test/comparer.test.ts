import { contentHash, encodeWrite, stateHash } from '@weft/protocol';
import { openMemoryStore } from '@weft/storage/memory';
import { describe, expect, it, vi } from 'vitest';
import * as Y from 'yjs';
import { type Comparable, Comparer } from '../src/engine/comparer.ts';
import { type DocumentDigest, digestUpdates } from '../src/engine/digest.ts';
import { createWorkerFolder } from '../src/engine/folder.ts';
import { SyncType, rawClient } from './support/raw-client.ts';
import { editorToken, startServer } from './support/server.ts';

const STREAM = '_/document/a';
const digestOf = (doc: Y.Doc): DocumentDigest => ({
  state: stateHash(doc),
  content: contentHash(doc),
});

/** A stream with one update in it, a loaded document, and what compares with it. */
async function setup(text = 'abcd') {
  const { log } = await openMemoryStore();
  const doc = new Y.Doc();
  doc.clientID = 2;
  doc.getText('t').insert(0, text);
  const append = async (bytes: Uint8Array) => {
    const after = await log.head(STREAM);
    const entry = { stream: STREAM, principal: 'ann', kind: 'update', at: 0, bytes, after };
    expect((await log.append([entry])).outcome).toBe('appended');
  };
  await append(Y.encodeStateAsUpdate(doc));
  let reads = 0;
  let now = 0;
  const counts = { threaded: 0, mended: 0 };
  const errors: string[] = [];
  const comparer = new Comparer({
    log: {
      ...log,
      snapshot: (stream) => {
        reads += 1;
        return log.snapshot(stream);
      },
    },
    folder: {
      digest: async (updates) => {
        counts.threaded += 1;
        return digestUpdates(updates);
      },
    },
    logger: { info: () => {}, warn: () => {}, error: (message) => void errors.push(message) },
    now: () => now,
    mend: async () => void (counts.mended += 1),
  });
  const at = async (): Promise<Comparable> => ({
    name: 'document/a',
    stream: STREAM,
    doc,
    number: await log.head(STREAM),
  });
  return {
    comparer,
    doc,
    append,
    at,
    counts,
    errors,
    reads: () => reads,
    pass: (ms: number) => {
      now += ms;
    },
  };
}

const OTHER = 'f'.repeat(64);

describe('comparing replicas with the log', () => {
  it('[D1] agrees with a replica that took in the same, in the log’s order or at once', async () => {
    const { comparer, doc, at, errors } = await setup();
    const own = await comparer.compare(await at(), digestOf(doc));
    expect(own).toEqual(digestOf(doc));
    const copy = new Y.Doc();
    Y.applyUpdate(copy, Y.encodeStateAsUpdate(doc));
    expect(await comparer.compare(await at(), digestOf(copy))).toEqual(own);
    expect(comparer.found).toBe(0);
    expect(errors).toEqual([]);
  });

  it('[D1] says of another content at the same state, once for each, and of another state nothing', async () => {
    const { comparer, doc, at, errors } = await setup();
    const own = digestOf(doc);
    for (let times = 0; times < 3; times += 1) {
      expect(await comparer.compare(await at(), { ...own, content: OTHER })).toEqual(own);
      expect(await comparer.compare(await at(), { state: OTHER, content: OTHER })).toEqual(own);
    }
    expect(comparer.found).toBe(1);
    expect(errors).toEqual(['A replica differs from the log.']);
  });

  it('contents that somebody invents are not counted for ever', async () => {
    const { comparer, doc, at } = await setup();
    const own = digestOf(doc);
    for (let n = 0; n < 100; n += 1) {
      const content = n.toString(16).padStart(64, '0');
      await comparer.compare(await at(), { ...own, content });
    }
    expect(comparer.found).toBe(16);
  });

  it('the log is read once for each of its numbers, however many ask', async () => {
    const { comparer, doc, at, append, reads, pass } = await setup();
    const place = await at();
    await Promise.all([1, 2, 3].map(() => comparer.compare(place, digestOf(doc))));
    await comparer.compare(place, digestOf(doc));
    expect(reads()).toBe(1);
    const before = Y.encodeStateVector(doc);
    doc.getText('t').insert(0, 'more');
    await append(Y.encodeStateAsUpdate(doc, before));
    pass(1_000);
    expect(await comparer.compare(await at(), digestOf(doc))).toEqual(digestOf(doc));
    expect(reads()).toBe(2);
  });

  it('a large document is digested in the thread, and rests after that', async () => {
    const { comparer, doc, at, append, counts, pass } = await setup('x'.repeat(2 * 1024 * 1024));
    const first = digestOf(doc);
    expect(await comparer.compare(await at(), first)).toEqual(first);
    expect(counts.threaded).toBe(1);
    const before = Y.encodeStateVector(doc);
    doc.getText('t').insert(0, 'more');
    await append(Y.encodeStateAsUpdate(doc, before));
    // Until it may be digested again, what was known before is said: nobody is at that state any more.
    expect(await comparer.compare(await at(), digestOf(doc))).toEqual(first);
    pass(10_000);
    expect(await comparer.compare(await at(), digestOf(doc))).toEqual(digestOf(doc));
    expect(counts.threaded).toBe(2);
  });

  it('[D1] a loaded document that reads differently itself is loaded anew', async () => {
    const { comparer, doc, at, append, counts, errors } = await setup();
    // As if the log had been written past the door: the loaded document took these in another order.
    const aside = new Y.Doc();
    Y.applyUpdate(aside, Y.encodeStateAsUpdate(doc));
    aside.clientID = 5;
    const before = Y.encodeStateVector(aside);
    aside.getText('t').insert(1, 'A');
    const honest = Y.encodeStateAsUpdate(aside, before);
    // One character of client 9, between the second character of client 2 and itself.
    const forged = Uint8Array.of(1, 1, 9, 0, 0xc4, 2, 1, 2, 1, 1, 0x78, 0);
    await append(honest);
    await append(forged);
    Y.applyUpdate(doc, forged);
    Y.applyUpdate(doc, honest);
    const own = await comparer.compare(await at(), digestOf(doc));
    expect(own?.state).toBe(stateHash(doc));
    expect(own?.content).not.toBe(contentHash(doc));
    await vi.waitFor(() => expect(counts.mended).toBe(1));
    expect(errors).toContain('The loaded document differs from the log and is loaded anew.');
  });

  it('the thread digests as the event loop does', async () => {
    const folder = createWorkerFolder();
    const doc = new Y.Doc();
    doc.getText('t').insert(0, 'some text');
    const updates = [Y.encodeStateAsUpdate(doc)];
    expect(await folder.digest?.(updates)).toEqual(digestUpdates(updates));
    await folder.close();
  });

  it('[D1] a client that says what it holds is told what the server has', async () => {
    const { sync } = await startServer();
    const ann = await rawClient(sync);
    await ann.hello(await editorToken('ann'));
    await ann.open('document/a');
    const doc = new Y.Doc();
    doc.getText('t').insert(0, 'text');
    ann.send(encodeWrite('document/a', SyncType.Update, Y.encodeStateAsUpdate(doc), 1));
    await ann.weft('stored');
    ann.say({ type: 'digest', document: 'document/a', ...digestOf(doc), content: OTHER });
    expect(await ann.weft('digest')).toEqual({
      type: 'digest',
      document: 'document/a',
      ...digestOf(doc),
    });
    // Of a document that is not open here, nothing is said; the socket lives on.
    ann.say({ type: 'digest', document: 'document/b', ...digestOf(doc) });
    await ann.hello(await editorToken('ann'));
    expect(
      ann.received.filter((frame) => frame.kind === 'weft' && frame.message.type === 'digest'),
    ).toHaveLength(1);
  });
});
