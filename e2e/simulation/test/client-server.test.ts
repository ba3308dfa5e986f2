import { once } from 'node:events';
import { type Server, createServer } from 'node:net';
import { type DocumentHandle, type Observable, type Weft, createWeft } from '@weft/client';
import { UPLOAD_PART_BYTES, contentHash } from '@weft/protocol';
import { type WeftServer, createWeftServer } from '@weft/server';
import type { Log, LogEntry, Store } from '@weft/storage';
import { createMemoryDisk, openMemoryDevice } from '@weft/storage/device-memory';
import { openMemoryStore } from '@weft/storage/memory';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import * as Y from 'yjs';

/** Our client against our server over real sockets on 127.0.0.1; only the disks are in memory. */

const SECRET = 'a secret for tests, longer than 32 bytes';

/** Resolves when a condition holds; the test's own time limit is the only one. */
function until<T>(source: Observable<T>, holds: (value: T) => boolean): Promise<T> {
  return new Promise((resolve) => {
    const check = () => {
      if (!holds(source.get())) return;
      stop();
      resolve(source.get());
    };
    const stop = source.subscribe(check);
    check();
  });
}

const stored = (handle: DocumentHandle) => until(handle.status, ({ state }) => state === 'stored');

/** Resolves when a document's text is this. */
function reads(handle: DocumentHandle, expected: string): Promise<void> {
  const text = handle.doc.getText('content');
  return new Promise((resolve) => {
    const check = () => {
      if (text.toJSON() !== expected) return;
      text.unobserve(check);
      resolve();
    };
    text.observe(check);
    check();
  });
}

describe('client and server', () => {
  let server: WeftServer;
  let store: Store;
  /** All that was committed, in order: a log that is read may have been folded by then. */
  let committed: LogEntry[] = [];
  let port = 0;
  const clients: Weft[] = [];

  beforeEach(async () => {
    const memory = await openMemoryStore();
    committed = [];
    const append: Log['append'] = async (entries) => {
      const result = await memory.log.append(entries);
      if (result.outcome === 'appended') committed.push(...entries);
      return result;
    };
    store = { ...memory, log: { ...memory.log, append } };
    server = await createWeftServer({ store, secret: SECRET });
    ({ port } = await server.listen(0, '127.0.0.1'));
  });

  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.close()));
    await server.close();
  });

  async function guest(name: string): Promise<string> {
    const response = await fetch(`http://127.0.0.1:${port}/auth/guest`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name }),
    });
    const answer: unknown = await response.json();
    if (typeof answer !== 'object' || answer === null || !('token' in answer))
      throw new Error('No token.');
    return String(answer.token);
  }

  async function client(name: string, options: Partial<Parameters<typeof createWeft>[0]> = {}) {
    const token = await guest(name);
    const made = createWeft({ url: `ws://127.0.0.1:${port}/sync`, token, ...options });
    clients.push(made);
    return made;
  }

  it('[D1] [D2] two people type at once, converge to one hash, and both read stored', async () => {
    const [ann, bea] = [await client('Ann'), await client('Bea')];
    const [a, b] = [ann.document('spec'), bea.document('spec')];
    await Promise.all([a.synced, b.synced]);
    expect(a.access.get()).toEqual({ state: 'editor' });
    for (let i = 0; i < 50; i += 1) {
      a.doc.getText('content').insert(0, 'a');
      b.doc.getText('content').insert(0, 'b');
      expect(a.status.get().state).not.toBe('stored');
      await Promise.resolve();
    }
    await Promise.all([stored(a), stored(b)]);
    const length = (handle: DocumentHandle) =>
      new Promise<void>((resolve) => {
        const check = () => {
          if (handle.doc.getText('content').length !== 100) return;
          handle.doc.off('update', check);
          resolve();
        };
        handle.doc.on('update', check);
        check();
      });
    await Promise.all([length(a), length(b)]);
    expect(contentHash(a.doc)).toBe(contentHash(b.doc));
    const late = (await client('Cem')).document('spec');
    await late.synced;
    expect(contentHash(late.doc)).toBe(contentHash(a.doc));
  });

  it('[D2] three megabytes made without a network arrive in parts, each of which builds on those before', async () => {
    const ann = await client('Ann');
    const handle = ann.document('spec');
    await stored(handle);
    ann.disconnect();
    const text = handle.doc.getText('content');
    // At the beginning: nothing is merged into what stands there. Every tenth is deleted again.
    for (let line = 0; line < 20_000; line += 1) {
      text.insert(0, `${'some words written on a long train journey, '.repeat(3)}${line}\n`);
      if (line % 10 === 9) text.delete(0, 20);
    }
    ann.connect();
    await stored(handle);
    const parts = committed.filter(({ stream }) => stream === '_/document/spec');
    expect(parts.length).toBeGreaterThan(4);
    const reader = new Y.Doc();
    for (const { bytes } of parts) {
      expect(bytes.length).toBeLessThan(UPLOAD_PART_BYTES + 1_024);
      Y.applyUpdate(reader, bytes);
      expect([reader.store.pendingStructs, reader.store.pendingDs]).toEqual([null, null]);
    }
    const late = (await client('Bea')).document('spec');
    await late.synced;
    expect(contentHash(late.doc)).toBe(contentHash(handle.doc));
  }, 30_000);

  it('[D2] edits made before any server is reached are stored by the first one that is', async () => {
    const token = await guest('Ann');
    const disk = createMemoryDisk();
    const offline = await client('Ann', { token, connect: false, store: openMemoryDevice(disk) });
    const before = offline.document('notes');
    await before.loaded;
    for (let i = 0; i < 50; i += 1) {
      before.doc.getText('content').insert(i, 'x');
      await Promise.resolve();
    }
    await offline.flush();
    expect(before.status.get()).toEqual({ state: 'local', waiting: 50 });
    await offline.close();

    const back = await client('Ann', { token, connect: false, store: openMemoryDevice(disk) });
    const after = back.document('notes');
    await after.loaded;
    expect(after.doc.getText('content').toJSON()).toBe('x'.repeat(50));
    expect(after.status.get()).toEqual({ state: 'local', waiting: 50 });
    back.connect();
    await stored(after);
    expect(await store.log.head('_/document/notes')).toBe(1);
  });

  it('[D2] what an earlier session left on the device is sent though nobody opens it', async () => {
    const token = await guest('Ann');
    const disk = createMemoryDisk();
    const offline = await client('Ann', { token, connect: false, store: openMemoryDevice(disk) });
    const before = offline.document('left');
    before.doc.getText('content').insert(0, 'behind');
    await offline.close();

    const back = await client('Ann', { token, store: openMemoryDevice(disk) });
    const reader = (await client('Bea')).document('left');
    await reads(reader, 'behind');
    await until(back.pending, (count) => count === 0);
  });

  it('[C1] [C2] messages of two people have one order everywhere, each once', async () => {
    const people = [await client('Ann'), await client('Bea')];
    const rooms = people.map((person) => person.conversation('general'));
    await Promise.all(rooms.map((room) => until(room.phase, (phase) => phase === 'synced')));
    await Promise.all(
      rooms.flatMap((room, who) => Array.from({ length: 20 }, (_, i) => room.send(`${who}-${i}`))),
    );
    const lists = await Promise.all(
      rooms.map((room) =>
        until(
          room.timeline,
          (items) => items.filter(({ state }) => state === 'stored').length === 40,
        ),
      ),
    );
    const ids = lists.map((items) => items.map(({ id }) => id));
    expect(ids[0]).toEqual(ids[1]);
    expect(new Set(ids[0]).size).toBe(40);
    // One person's messages keep the order in which they were sent (C5).
    for (const who of [0, 1]) {
      const texts = (lists[0] ?? []).flatMap((item) =>
        item.state === 'stored' ? [item.message.body.text] : [],
      );
      expect(texts.filter((text) => text.startsWith(`${who}-`))).toEqual(
        Array.from({ length: 20 }, (_, i) => `${who}-${i}`),
      );
    }
  });

  it('[C7] a message queued without a server survives a reload and is stored once', async () => {
    const token = await guest('Ann');
    const disk = createMemoryDisk();
    const offline = await client('Ann', { token, connect: false, store: openMemoryDevice(disk) });
    const id = await offline.conversation('general').send('hello');
    await offline.close();
    const tabs = await Promise.all(
      [1, 2].map(() => client('Ann', { token, store: openMemoryDevice(disk) })),
    );
    const rooms = tabs.map((tab) => tab.conversation('general'));
    for (const room of rooms) {
      const items = await until(room.timeline, (list) =>
        list.some(({ state }) => state === 'stored'),
      );
      expect(items.map((item) => item.id)).toEqual([id]);
    }
    expect(await store.log.head('_/conversation/general')).toBe(1);
  });

  it('a workspace is read and changed by everybody in it', async () => {
    const [ann, bea] = [await client('Ann'), await client('Bea')];
    const [a, b] = [ann.workspace('main'), bea.workspace('main')];
    await Promise.all([a.synced, b.synced]);
    const id = a.create('document', '  A new page ');
    await until(b.entries, (entries) => entries.some((entry) => entry.title === 'A new page'));
    b.rename(id, 'Renamed');
    await until(a.entries, (entries) => entries.some((entry) => entry.title === 'Renamed'));
  });

  it('a document that is closed and opened at once is synced again', async () => {
    const ann = await client('Ann');
    const first = ann.document('spec');
    await first.synced;
    first.close();
    const second = ann.document('spec');
    await second.synced;
    second.doc.getText('content').insert(0, 'again');
    await stored(second);
    second.close();
    const third = ann.document('spec');
    await reads(third, 'again');
    await third.synced;
    expect(third.status.get()).toEqual({ state: 'stored', waiting: 0 });
  });

  it('a person who closes a document leaves at once', async () => {
    const [ann, bea] = [await client('Ann'), await client('Bea')];
    const [a, b] = [ann.document('spec'), bea.document('spec')];
    await Promise.all([a.synced, b.synced]);
    const seen = (count: number) =>
      new Promise<void>((resolve) => {
        const check = () => {
          if (b.awareness.getStates().size !== count) return;
          b.awareness.off('change', check);
          resolve();
        };
        b.awareness.on('change', check);
        check();
      });
    a.awareness.setLocalStateField('user', { color: '#123456' });
    await seen(2);
    a.close();
    await seen(1);
  });

  it('[D2] comes back by itself, and a server with another history makes everything count as not stored', async () => {
    const ann = await client('Ann');
    const handle = ann.document('spec');
    await handle.synced;
    handle.doc.getText('content').insert(0, 'stored once');
    await stored(handle);
    await server.close();
    await until(ann.connection, ({ state }) => state !== 'online');
    store = await openMemoryStore('another');
    server = await createWeftServer({ store, secret: SECRET });
    await server.listen(port, '127.0.0.1');
    // A guest of the lost database is nobody in the new one: nothing is shown as stored, nothing is lost here.
    await until(handle.access, ({ state }) => state === 'denied');
    expect(handle.status.get()).toEqual({ state: 'local', waiting: 1 });
    expect(handle.doc.getText('content').toJSON()).toBe('stored once');
  });

  it('an address where nobody speaks our protocol is tried again, and never reads online', async () => {
    const mute: Server = createServer((socket) => socket.resume().end('no\r\n\r\n'));
    mute.listen(0, '127.0.0.1');
    await once(mute, 'listening');
    const address = mute.address();
    if (address === null || typeof address === 'string') throw new Error('No address.');
    const lost = createWeft({ url: `ws://127.0.0.1:${address.port}/sync`, token: 'x' });
    await until(lost.connection, ({ state }) => state === 'offline');
    await until(lost.connection, ({ state }) => state === 'connecting');
    await lost.close();
    mute.close();
    await once(mute, 'close');
  });
});
