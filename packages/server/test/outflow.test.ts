import {
  MessageType,
  PROTOCOL_VERSION,
  SyncType,
  contentHash,
  encodeAuth,
  encodeAwareness,
  encodeSyncStep1,
  encodeWeft,
  encodeWrite,
  FrameReader,
} from '@weft/protocol';
import { openMemoryStore } from '@weft/storage/memory';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import WebSocket from 'ws';
import { Awareness, applyAwarenessUpdate, encodeAwarenessUpdate } from 'y-protocols/awareness';
import * as Y from 'yjs';
import { createWeftCore, silentLogger } from '../src/index.ts';
import { QUEUE_MAX_BYTES, SLOW_BYTES } from '../src/gateway/outflow.ts';
import { rawClient } from './support/raw-client.ts';
import { editorToken, startServer } from './support/server.ts';

const ADDRESS = 'document/a';

/** A replica that is fed frames, whatever else comes between them. */
function replica() {
  const doc = new Y.Doc();
  const awareness = new Awareness(doc);
  let frames = 0;
  return {
    doc,
    awareness,
    frames: () => frames,
    take: (data: Uint8Array) => {
      frames += 1;
      const reader = new FrameReader(data);
      if (reader.string() !== ADDRESS) return;
      const type = reader.uint();
      if (type === MessageType.Awareness) {
        applyAwarenessUpdate(awareness, reader.bytes(), 'server');
      } else if (type === MessageType.Sync || type === MessageType.SyncReply) {
        if (reader.uint() !== SyncType.Step1) Y.applyUpdate(doc, reader.bytes());
      }
    },
  };
}

/** A document whose changes are sent as writes, and whose caret moves with each. */
function writer(send: (frame: Uint8Array) => void) {
  const doc = new Y.Doc();
  const awareness = new Awareness(doc);
  let n = 0;
  doc.on('update', (update: Uint8Array) => {
    n += 1;
    send(encodeWrite(ADDRESS, SyncType.Update, update, n));
  });
  return {
    doc,
    write: (text: string) => {
      const shared = doc.getText('t');
      shared.insert(shared.length, text);
      if (shared.length > 3 * text.length) shared.delete(0, text.length);
      awareness.setLocalState({ at: n });
      send(encodeAwareness(ADDRESS, encodeAwarenessUpdate(awareness, [doc.clientID])));
    },
    writes: () => n,
  };
}

/** Whether a frame answers a state vector. */
function isAnswer(data: Uint8Array): boolean {
  const reader = new FrameReader(data);
  if (reader.string() !== ADDRESS) return false;
  const type = reader.uint();
  return (
    (type === MessageType.Sync || type === MessageType.SyncReply) &&
    reader.uint() === SyncType.Step2
  );
}

const textOf = (data: Uint8Array) => new TextDecoder().decode(data);

const hello = (token: string) =>
  encodeWeft({ type: 'hello', protocol: PROTOCOL_VERSION, token, device: 'd', build: 't' });

describe('a reader that stops', () => {
  it('[D1] slows nobody, is sent one difference when it goes on, and has everything then', async () => {
    const { server, sync } = await startServer();
    const ws = new WebSocket(sync);
    onTestFinished(() => ws.terminate());
    ws.binaryType = 'nodebuffer';
    const slow = replica();
    ws.on('message', (data) => {
      if (Buffer.isBuffer(data)) slow.take(data);
    });
    await new Promise((resolve) => ws.once('open', resolve));
    ws.send(hello(await editorToken('slow')));
    ws.send(encodeAuth(ADDRESS, ''));
    ws.send(encodeSyncStep1(ADDRESS, Y.encodeStateVector(slow.doc)));
    await expect.poll(slow.frames).toBeGreaterThan(2);
    ws.pause();

    const ann = await rawClient(sync);
    await ann.hello(await editorToken('ann'));
    await ann.open(ADDRESS);
    const { doc, write, writes } = writer(ann.send);
    // What the kernel takes by itself, some megabytes, and much more.
    while (server.flow.updatesMerged < 20) {
      write('x'.repeat(300_000));
      await ann.weft('stored', ({ n }) => n === writes());
      expect(writes()).toBeLessThan(300);
    }
    const sent = writes();
    expect(server.flow.presenceMerged).toBeGreaterThan(0);
    expect(server.flow.readersClosed).toBe(0);
    ws.resume();
    await expect.poll(() => contentHash(slow.doc)).toBe(contentHash(doc));
    await expect
      .poll(() => slow.awareness.getStates().get(doc.clientID)?.['at'])
      .toBeGreaterThanOrEqual(sent - 1);
    expect(slow.doc.store.pendingStructs).toBeNull();
    // From then on it is sent what is written, as everybody is.
    const merged = server.flow.updatesMerged;
    write('and on');
    await expect.poll(() => contentHash(slow.doc)).toBe(contentHash(doc));
    expect(server.flow.updatesMerged).toBe(merged);
  }, 30_000);
});

describe('bytes that wait for a reader', () => {
  /** A core with a socket whose queue the test owns. */
  async function held() {
    const store = await openMemoryStore();
    const core = await createWeftCore({
      store,
      verify: async (sub) => ({
        tenant: '_',
        sub,
        name: sub,
        grants: [{ resource: '*', role: 'editor' as const }],
        expires: undefined,
      }),
      now: () => 1_000,
      logger: silentLogger,
      build: 'test',
    });
    onTestFinished(() => core.close());
    let queued = 0;
    let peak = 0;
    let drained = Promise.withResolvers<void>();
    const sent: Uint8Array[] = [];
    let closed: number | undefined;
    let opened = 0;
    const socket = core.accept({
      get readyState() {
        return closed === undefined ? 1 : 3;
      },
      queued: () => queued,
      drained: () => (queued === 0 ? Promise.resolve() : drained.promise),
      send: (data) => {
        if (!(data instanceof Uint8Array)) return;
        sent.push(data);
        queued += data.byteLength;
        opened += textOf(data).includes('read') ? 1 : 0;
        peak = Math.max(peak, queued);
      },
      close: (code) => {
        closed ??= code;
      },
    });
    socket.receive(hello('slow'));
    socket.receive(encodeAuth(ADDRESS, ''));
    socket.receive(encodeAuth('conversation/general/0', ''));
    await expect.poll(() => opened).toBe(2);
    return {
      core,
      socket,
      peak: () => peak,
      closed: () => closed,
      sent: () => sent,
      /** It reads all that waits. */
      drain: () => {
        queued = 0;
        drained.resolve();
        drained = Promise.withResolvers<void>();
      },
    };
  }

  /** Has the document filled by somebody who reads. */
  async function filled(core: Awaited<ReturnType<typeof createWeftCore>>) {
    let said = '';
    const fast = core.accept({
      readyState: 1,
      send: (data) => {
        if (data instanceof Uint8Array && data.length < 1_000) said += textOf(data);
      },
      close: () => undefined,
    });
    fast.receive(hello('ann'));
    fast.receive(encodeAuth(ADDRESS, ''));
    await vi.waitFor(() => expect(said).toContain('read-write'));
    const { doc, write, writes } = writer((frame) => fast.receive(frame));
    write('z'.repeat(300_000));
    await vi.waitFor(() => expect(said).toContain(`"n":${writes()}}`), { interval: 1 });
    return { doc, size: Y.encodeStateAsUpdate(doc).length };
  }

  it('are bounded whatever others write; the transfer asked for is not counted', async () => {
    const { core, peak, closed } = await held();
    let said = '';
    const fast = core.accept({
      readyState: 1,
      send: (data) => {
        if (data instanceof Uint8Array && data.length < 1_000) said += textOf(data);
      },
      close: () => undefined,
    });
    fast.receive(hello('ann'));
    fast.receive(encodeAuth(ADDRESS, ''));
    await vi.waitFor(() => expect(said).toContain('read-write'));
    const { write, writes } = writer((frame) => fast.receive(frame));
    for (let n = 0; n < 30; n += 1) {
      write('y'.repeat(200_000));
      await vi.waitFor(() => expect(said).toContain(`"n":${writes()}}`), { interval: 1 });
    }
    expect(peak()).toBeLessThan(SLOW_BYTES + 300_000);
    expect(core.flow.updatesMerged).toBeGreaterThan(20);
    expect(closed()).toBeUndefined();
  });

  it('[S4] of answers are bounded however often a client asks and does not read: the newest question alone is answered', async () => {
    const { core, socket, peak, closed, sent, drain } = await held();
    const { doc, size } = await filled(core);
    const asked = new Y.Doc();
    // Whoever has nothing, and whoever has a little: each of these is answered with the whole document.
    asked.getMap('m').set('k', 1);
    const step1 = (state: Y.Doc) => encodeSyncStep1(ADDRESS, Y.encodeStateVector(state));
    for (let turn = 0; turn < 200; turn += 1) {
      socket.receive(step1(new Y.Doc()));
      socket.receive(step1(asked));
      if (turn % 20 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await vi.waitFor(() => expect(peak()).toBeGreaterThan(SLOW_BYTES));
    expect(core.flow.questionsMerged).toBeGreaterThan(100);
    // The last one has all: what is left to say to it is little.
    socket.receive(step1(doc));
    await new Promise((resolve) => setImmediate(resolve));
    expect(peak()).toBeLessThan(SLOW_BYTES + size + 100_000);
    expect(closed()).toBeUndefined();
    const before = sent().length;
    drain();
    await vi.waitFor(() => expect(sent().slice(before).some(isAnswer)).toBe(true));
    const answers = sent().slice(before).filter(isAnswer);
    expect(answers.map(({ length }) => length < 1_000)).toEqual([true]);
  });

  it('of what is never merged close the socket at the cap, with a code to come back on', async () => {
    const { core, peak, closed, socket } = await held();
    for (let n = 0; closed() === undefined && n < 40; n += 1) {
      socket.send({ type: 'bye', code: 'internal', message: 'm'.repeat(200_000) });
    }
    expect(closed()).toBe(1013);
    expect(core.flow.readersClosed).toBe(1);
    expect(peak()).toBeLessThan(QUEUE_MAX_BYTES + 400_000);
  });
});
