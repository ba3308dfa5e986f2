import { createMemoryDisk, openMemoryDevice } from '@weft/storage/device-memory';
import { WeftError, contentHash, encodePermissionDenied } from '@weft/protocol';
import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import type { DocumentHandle, DocumentStatus } from '../src/index.ts';
import { bench, until, untilDoc, untilState } from './kit/setup.ts';

const ADDRESS = 'document/spec';

const type = (handle: DocumentHandle, text: string) => {
  const content = handle.doc.getText('content');
  content.insert(content.length, text);
};
const textOf = (doc: Y.Doc) => doc.getText('content').toJSON();

/** Types one letter per turn, as people do. */
async function typeSlowly(handle: DocumentHandle, count: number): Promise<void> {
  for (let i = 0; i < count; i += 1) {
    type(handle, 'x');
    await Promise.resolve();
  }
}

/** Every status that a handle told of. */
function statusesOf(handle: DocumentHandle): DocumentStatus[] {
  const seen: DocumentStatus[] = [handle.status.get()];
  handle.status.subscribe(() => seen.push(handle.status.get()));
  return seen;
}

describe('status of a document', () => {
  it('[D2] goes unsaved → local → stored, and says stored only after the commit', async () => {
    const { weft, server } = bench();
    const handle = weft.document('spec');
    await handle.synced;
    const seen = statusesOf(handle);
    type(handle, 'a');
    expect(handle.status.get()).toEqual({ state: 'unsaved', waiting: 1 });
    await untilState(handle.status, 'local');
    const write = await server.write();
    expect(write).toMatchObject({ type: 'update', n: 1 });
    expect(handle.status.get()).toEqual({ state: 'local', waiting: 1 });
    server.socket.store();
    await untilState(handle.status, 'stored');
    expect(seen.map(({ state }) => state)).toEqual(['stored', 'unsaved', 'local', 'stored']);
    expect(textOf(server.doc(ADDRESS))).toBe('a');
  });

  it('[D2] fifty offline edits do not read stored at the first of their acks', async () => {
    const { weft, server } = bench({ connect: false });
    const handle = weft.document('spec');
    await handle.loaded;
    await typeSlowly(handle, 50);
    await weft.flush();
    expect(handle.status.get()).toEqual({ state: 'local', waiting: 50 });
    weft.connect();
    expect(await server.write()).toMatchObject({ type: 'step2', n: 1 });
    type(handle, 'y');
    await server.until(() => server.socket.writes.length === 2);
    server.socket.store();
    await until(handle.status, ({ waiting }) => waiting === 1);
    expect(handle.status.get().state).toBe('local');
    server.socket.store();
    await untilState(handle.status, 'stored');
    expect(textOf(server.doc(ADDRESS))).toBe(`${'x'.repeat(50)}y`);
  });

  it('[D2] after a reload, edits that no server has are shown as waiting, and sent', async () => {
    const first = bench({ connect: false });
    const before = first.weft.document('spec');
    await before.loaded;
    await typeSlowly(before, 5);
    const { weft, server } = await first.reload();
    const handle = weft.document('spec');
    await handle.loaded;
    expect(textOf(handle.doc)).toBe('xxxxx');
    expect(handle.status.get()).toEqual({ state: 'local', waiting: 5 });
    await server.write();
    server.socket.store();
    await untilState(handle.status, 'stored');
    await weft.flush();
    const again = await first.reload({ connect: false });
    const last = again.weft.document('spec');
    await last.loaded;
    expect(last.status.get()).toEqual({ state: 'stored', waiting: 0 });
  });

  it('[D2] a write whose answer was lost with its socket counts as waiting and is sent again', async () => {
    const { weft, server, env } = bench();
    const handle = weft.document('spec');
    await handle.synced;
    type(handle, 'a');
    await server.write();
    server.socket.store(true);
    server.socket.cut();
    expect(handle.status.get()).toMatchObject({ waiting: 1 });
    env.advance(60_000);
    await server.until(() => server.sockets.length === 2 && server.socket.writes.length === 1);
    // Counted anew on the new socket, and the server has nothing to add.
    expect(server.socket.writes[0]).toMatchObject({ type: 'step2', n: 1 });
    server.socket.store();
    await untilState(handle.status, 'stored');
    expect(textOf(server.doc(ADDRESS))).toBe('a');
  });

  it('[D2] another history of the server: everything counts as not stored', async () => {
    const { weft, server, env, disk } = bench();
    const handle = weft.document('spec');
    await handle.synced;
    server.commits = true;
    await typeSlowly(handle, 3);
    await untilState(handle.status, 'stored');
    server.commits = false;
    server.docs.clear();
    server.welcome = { ...server.welcome, epoch: 2 };
    server.socket.cut();
    env.advance(60_000);
    await until(handle.status, ({ waiting }) => waiting === 3);
    const write = await server.write();
    expect(write.type).toBe('step2');
    server.socket.store();
    await untilState(handle.status, 'stored');
    expect(textOf(server.doc(ADDRESS))).toBe('xxx');
    await weft.flush();
    expect(disk.unstored.size).toBe(0);
    expect(disk.history).toEqual({ serverId: 'server-1', epoch: 2 });
  });

  it('[D2] two tabs on one device: neither marks as stored what only the other has made', async () => {
    const one = bench();
    const first = one.weft.document('spec');
    await first.synced;
    const two = bench({ disk: one.disk, connect: false });
    const second = two.weft.document('spec');
    await second.loaded;
    type(second, 'only in the second tab');
    await two.weft.flush();
    type(first, 'a');
    await one.server.write();
    one.server.socket.store();
    await untilState(first.status, 'stored');
    await one.weft.flush();
    await two.weft.close();
    const third = bench({ disk: one.disk, connect: false });
    const again = third.weft.document('spec');
    await again.loaded;
    expect(again.status.get()).toEqual({ state: 'local', waiting: 1 });
  });

  it('[D2] counts documents that wait, open or closed', async () => {
    const { weft, server } = bench({ connect: false });
    const [a, b] = [weft.document('a'), weft.document('b')];
    await Promise.all([a.loaded, b.loaded]);
    type(a, 'a');
    type(b, 'b');
    expect(weft.pending.get()).toBe(2);
    a.close();
    expect(weft.pending.get()).toBe(2);
    server.commits = true;
    weft.connect();
    await until(weft.pending, (count) => count === 0);
    expect(textOf(server.doc('document/a'))).toBe('a');
  });
});

describe('changes that an earlier session left behind', () => {
  it('[D2] are counted from the start, without a network and though nobody opened their document', async () => {
    const before = bench({ connect: false });
    const handle = before.weft.document('spec');
    await handle.loaded;
    type(handle, 'unsent');
    await before.weft.close();
    const after = bench({ disk: before.disk, connect: false });
    await until(after.weft.pending, (count) => count === 1);
    after.server.commits = true;
    after.weft.connect();
    await until(after.weft.pending, (count) => count === 0);
    expect(textOf(after.server.doc(ADDRESS))).toBe('unsent');
  });
});

describe('refusals', () => {
  it('[D2] a refusal that may pass is followed by everything again, after a while', async () => {
    const { weft, server, env } = bench();
    const handle = weft.document('spec');
    await handle.synced;
    type(handle, 'a');
    await server.write();
    server.socket.refuse('update-gap');
    await weft.flush();
    type(handle, 'b');
    await weft.flush();
    expect(server.socket.writes).toEqual([]);
    env.advance(1_000);
    expect(await server.write()).toMatchObject({ type: 'step2' });
    expect(handle.status.get()).toEqual({ state: 'local', waiting: 2 });
    server.socket.store();
    await untilState(handle.status, 'stored');
    expect(weft.refusals.get()).toEqual([]);
    expect(textOf(server.doc(ADDRESS))).toBe('ab');
  });
});

describe('the device', () => {
  it('[D4] opening writes nothing, however often', async () => {
    let last = bench();
    const handle = last.weft.document('spec');
    await handle.synced;
    last.server.commits = true;
    type(handle, 'a');
    await untilState(handle.status, 'stored');
    last.server.edit(ADDRESS, (doc) => doc.getText('content').insert(0, 'b'));
    await untilDoc(handle.doc, () => textOf(handle.doc) === 'ba');
    await last.weft.flush();
    const { next } = last.disk;
    for (let times = 0; times < 50; times += 1) {
      last = await last.reload();
      const again = last.weft.document('spec');
      await again.synced;
      expect(textOf(again.doc)).toBe('ba');
    }
    expect(last.disk.next).toBe(next);
  });

  it('[D2] a device that cannot keep anything never reads local; the edit itself does not fail', async () => {
    const broken = openMemoryDevice();
    await broken.close();
    const { weft, server } = bench({ store: broken });
    const handle = weft.document('spec');
    await handle.synced;
    const seen = statusesOf(handle);
    type(handle, 'a');
    await server.write();
    await weft.flush();
    expect(handle.status.get()).toEqual({ state: 'unsaved', waiting: 1 });
    server.socket.store();
    await untilState(handle.status, 'stored');
    expect(seen.map(({ state }) => state)).not.toContain('local');
  });

  it('a burst in one turn is one write and one record', async () => {
    const { weft, server, disk } = bench();
    const handle = weft.document('spec');
    await handle.synced;
    const before = disk.records.size;
    for (let i = 0; i < 10_000; i += 1) type(handle, 'x');
    await server.write();
    await weft.flush();
    expect(server.socket.writes).toHaveLength(1);
    expect(disk.records.size).toBe(before + 1);
    expect(handle.status.get()).toEqual({ state: 'local', waiting: 10_000 });
    server.socket.store();
    await untilState(handle.status, 'stored');
    expect(server.doc(ADDRESS).getText('content').length).toBe(10_000);
  });

  it('an own update that comes back is not kept twice', async () => {
    const { weft, server, disk } = bench();
    const handle = weft.document('spec');
    await handle.synced;
    type(handle, 'a');
    const write = await server.write();
    server.socket.store();
    await untilState(handle.status, 'stored');
    const { next } = disk;
    server.socket.sendUpdate(ADDRESS, write.bytes);
    server.edit(ADDRESS, (doc) => doc.getText('content').insert(0, 'b'));
    await untilDoc(handle.doc, () => textOf(handle.doc) === 'ba');
    await weft.flush();
    expect(disk.next).toBe(next + 1);
  });

  it('[D3] what the device would not keep is kept with what builds on it', async () => {
    const disk = createMemoryDisk();
    const inner = openMemoryDevice(disk);
    let failing = true;
    const first = bench({
      connect: false,
      store: {
        ...inner,
        append: (update) =>
          failing ? Promise.reject(new WeftError('device-failed')) : inner.append(update),
      },
    });
    const handle = first.weft.document('spec');
    await handle.loaded;
    type(handle, 'a');
    await first.weft.flush();
    expect(handle.status.get().state).toBe('unsaved');
    failing = false;
    type(handle, 'b');
    await first.weft.flush();
    expect(handle.status.get()).toEqual({ state: 'local', waiting: 2 });
    const { updates, local } = await openMemoryDevice(disk).load(ADDRESS);
    const doc = new Y.Doc();
    for (const update of updates) Y.applyUpdate(doc, update);
    expect([textOf(doc), doc.store.pendingStructs, local]).toEqual([textOf(handle.doc), null, 2]);
  });

  it('[D6] many records become one at a quiet moment, with the same content', async () => {
    const first = bench();
    first.server.commits = true;
    const handle = first.weft.document('spec');
    await handle.synced;
    // What is typed while the device writes is one record with what follows: each key waits for the device here.
    for (let key = 0; key < 501; key += 1) {
      type(handle, 'a');
      await first.weft.flush();
    }
    await untilState(handle.status, 'stored');
    const hash = contentHash(handle.doc);
    const second = await first.reload();
    const { disk, env } = second;
    expect(disk.records.size).toBe(501);
    await second.weft.document('spec').loaded;
    env.advance(5_000);
    await second.weft.flush();
    expect(disk.records.size).toBe(1);
    const third = await second.reload({ connect: false });
    const again = third.weft.document('spec');
    await again.loaded;
    expect(contentHash(again.doc)).toBe(hash);
    expect(again.status.get()).toEqual({ state: 'stored', waiting: 0 });
  });

  it('[D2] a damaged record is told of, and nothing reads stored while there is one', async () => {
    const first = bench({ connect: false });
    const handle = first.weft.document('spec');
    await handle.loaded;
    type(handle, 'a');
    await first.weft.flush();
    first.disk.records.set(99, {
      document: ADDRESS,
      bytes: Uint8Array.of(1, 1, 1),
      changes: 0,
    });
    const second = await first.reload();
    second.server.commits = true;
    const again = second.weft.document('spec');
    await again.synced;
    expect(textOf(again.doc)).toBe('a');
    await until(again.status, ({ waiting }) => waiting === 1);
    expect(second.weft.refusals.get()).toMatchObject([
      { document: ADDRESS, code: 'device-failed' },
    ]);
  });
});

describe('reading only', () => {
  it('[D9] a reader sends no write, and Yjs writes nothing by itself', async () => {
    const { weft, server, disk } = bench();
    server.access.set(ADDRESS, 'reader');
    const handle = weft.document('spec');
    await handle.synced;
    expect(handle.access.get()).toEqual({ state: 'reader' });
    // Concurrent formatting and deleting, after which Yjs would clean up on every replica.
    server.edit(ADDRESS, (doc) => doc.getText('content').insert(0, 'some words here'));
    const [a, b] = [new Y.Doc(), new Y.Doc()];
    for (const doc of [a, b]) Y.applyUpdate(doc, Y.encodeStateAsUpdate(server.doc(ADDRESS)));
    a.getText('content').format(0, 10, { bold: true });
    b.getText('content').format(5, 10, { bold: true });
    b.getText('content').delete(0, 10);
    for (const doc of [a, b]) {
      server.edit(ADDRESS, (held) => Y.applyUpdate(held, Y.encodeStateAsUpdate(doc)));
    }
    await untilDoc(handle.doc, () => contentHash(handle.doc) === contentHash(server.doc(ADDRESS)));
    await weft.flush();
    expect(handle.status.get()).toEqual({ state: 'stored', waiting: 0 });
    expect(server.socket.writes).toEqual([]);
    expect(disk.unstored.size).toBe(0);
  });

  it('[D9] what a reader changed here is kept, waits, and is sent once they may write', async () => {
    const { weft, server, env } = bench();
    server.access.set(ADDRESS, 'reader');
    const handle = weft.document('spec');
    await handle.synced;
    type(handle, 'a');
    await weft.flush();
    expect(handle.status.get()).toEqual({ state: 'local', waiting: 1 });
    expect(server.socket.writes).toEqual([]);
    server.access.set(ADDRESS, 'editor');
    server.socket.cut();
    env.advance(60_000);
    await server.until(() => server.sockets.length === 2 && server.socket.writes.length === 1);
    server.socket.store();
    await untilState(handle.status, 'stored');
  });

  it('a denied document stays readable, and says why', async () => {
    const { weft, server } = bench();
    server.access.set(ADDRESS, 'forbidden');
    const handle = weft.document('spec');
    await untilState(handle.access, 'denied');
    expect(handle.access.get()).toEqual({ state: 'denied', code: 'forbidden' });
    type(handle, 'a');
    await weft.flush();
    expect(handle.status.get()).toEqual({ state: 'local', waiting: 1 });
  });

  it('[D2] [D9] a document that is denied, or taken away while it is open, disturbs none of the others', async () => {
    const { weft, server } = bench();
    server.commits = true;
    server.access.set('document/closed', 'forbidden');
    const [closed, taken, kept] = ['closed', 'taken', 'kept'].map((id) => weft.document(id));
    if (closed === undefined || taken === undefined || kept === undefined) throw new Error();
    await untilState(closed.access, 'denied');
    await Promise.all([taken.synced, kept.synced]);
    server.socket.deliver(encodePermissionDenied('document/taken', 'forbidden'));
    await untilState(taken.access, 'denied');
    for (let round = 1; round <= 3; round += 1) {
      for (const handle of [closed, taken, kept]) type(handle, 'a');
      await untilState(kept.status, 'stored');
    }
    await weft.flush();
    for (const handle of [closed, taken]) {
      expect(handle.access.get()).toEqual({ state: 'denied', code: 'forbidden' });
      expect(handle.status.get()).toEqual({ state: 'local', waiting: 3 });
    }
    expect(server.doc('document/kept').getText('content').toJSON()).toBe('aaa');
    expect(server.doc('document/taken').getText('content').toJSON()).toBe('');
    expect(server.sockets).toHaveLength(1);
    expect(weft.connection.get()).toEqual({ state: 'online' });
  });

  it('a denial that may pass is asked again', async () => {
    const { weft, server, env } = bench();
    server.access.set(ADDRESS, 'storage-failed');
    const handle = weft.document('spec');
    await untilState(weft.connection, 'online');
    await server.until(() => server.socket.asked.length === 1);
    await weft.flush();
    expect(handle.access.get()).toEqual({ state: 'unknown' });
    server.access.set(ADDRESS, 'editor');
    env.advance(1_000);
    await handle.synced;
  });
});

describe('opening and closing', () => {
  it('holders share a document; the last one to close it closes it', async () => {
    const { weft, server } = bench();
    const [a, b] = [weft.document('spec'), weft.document('spec')];
    expect(a.doc).toBe(b.doc);
    await a.synced;
    a.close();
    a.close();
    expect(server.socket.closes).toEqual([]);
    b.close();
    await server.until(() => server.socket.closes.length === 1);
    expect(server.socket.asked).toEqual([ADDRESS]);
  });

  it('a document opened again is asked for only after the server confirmed its close', async () => {
    const { weft, server } = bench();
    const first = weft.document('spec');
    await first.synced;
    first.close();
    const second = weft.document('spec');
    await second.loaded;
    await server.until(() => server.socket.closes.length === 1);
    // Late frames of the document that left change nothing.
    server.edit(ADDRESS, (doc) => doc.getText('content').insert(0, 'late'));
    await weft.flush();
    expect(server.socket.asked).toEqual([ADDRESS]);
    server.socket.sendClose(ADDRESS);
    await second.synced;
    expect(textOf(second.doc)).toBe('late');
  });

  it('[D2] numbers of writes go on when a document is opened again on the same socket', async () => {
    const { weft, server } = bench();
    const first = weft.document('spec');
    await first.synced;
    type(first, 'a');
    const write = await server.write();
    server.socket.store();
    await untilState(first.status, 'stored');
    first.close();
    server.socket.sendClose(ADDRESS);
    const second = weft.document('spec');
    await second.synced;
    type(second, 'b');
    const next = await server.write();
    expect(next.n).toBeGreaterThan(write.n);
    // A late word about the old writes says nothing about the new.
    server.socket.say({ type: 'stored', document: ADDRESS, n: write.n });
    await weft.flush();
    expect(second.status.get().waiting).toBe(1);
  });

  it('a document that the server closes is opened again after a while', async () => {
    const { weft, server, env } = bench();
    const handle = weft.document('spec');
    await handle.synced;
    server.socket.sendClose(ADDRESS);
    await weft.flush();
    env.advance(1_000);
    await server.until(() => server.socket.asked.length === 2);
    server.edit(ADDRESS, (doc) => doc.getText('content').insert(0, 'a'));
    await untilDoc(handle.doc, () => textOf(handle.doc) === 'a');
  });

  it('asks for a bounded number of documents at a time', async () => {
    const { weft, server } = bench();
    server.admits = false;
    const handles = Array.from({ length: 40 }, (_, i) => weft.document(`d${i}`));
    await server.until(() => server.sockets.length === 1 && server.socket.asked.length === 32);
    await weft.flush();
    expect(server.socket.asked).toHaveLength(32);
    server.admits = true;
    for (const address of [...server.socket.asked]) server.socket.admit(address);
    await Promise.all(handles.map((handle) => handle.synced));
  });

  it('a fresh client id at each load', async () => {
    const first = bench({ connect: false });
    const before = first.weft.document('spec').doc.clientID;
    const { weft } = await first.reload({ connect: false });
    expect(weft.document('spec').doc.clientID).not.toBe(before);
  });

  it('names outside the grammar, and a closed client, are refused with a code', async () => {
    const { weft } = bench({ connect: false });
    for (const id of ['', 'a/b', 'ä', 'x'.repeat(129)]) {
      expect(() => weft.document(id)).toThrow(expect.objectContaining({ code: 'name-invalid' }));
    }
    await weft.close();
    await weft.close();
    expect(() => weft.document('a')).toThrow(expect.objectContaining({ code: 'request-invalid' }));
  });

  it('[D2] close resolves when the device has everything', async () => {
    const first = bench({ connect: false });
    const handle = first.weft.document('spec');
    type(handle, 'typed before the device was read');
    const { weft } = await first.reload({ connect: false });
    const again = weft.document('spec');
    await again.loaded;
    expect(textOf(again.doc)).toBe('typed before the device was read');
    expect(again.status.get()).toEqual({ state: 'local', waiting: 1 });
  });
});
