import { contentHash } from '@weft/protocol';
import { openMemoryDevice } from '@weft/storage/device-memory';
import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import type { DocumentHandle } from '../src/index.ts';
import { door } from './kit/door.ts';
import type { ScriptedServer } from './kit/scripted-server.ts';
import { bench, until, untilDoc, untilState } from './kit/setup.ts';

const ADDRESS = 'document/spec';
const textOf = (doc: Y.Doc, root = 'content') => doc.getText(root).toJSON();
const write = (handle: DocumentHandle, text: string, root = 'content') => {
  const content = handle.doc.getText(root);
  content.insert(content.length, text);
};
/** Writes in a turn of its own, as people do: a change of its own at the server. */
const turn = async (handle: DocumentHandle, text: string, root?: string) => {
  write(handle, text, root);
  await Promise.resolve();
};
const replaced = (handle: DocumentHandle, times = 1) =>
  until(handle.copy, ({ number }) => number === times + 1);
const same = (handle: DocumentHandle, server: ScriptedServer) =>
  expect(contentHash(handle.doc)).toBe(contentHash(server.doc(ADDRESS)));

describe('work that the server refuses for good', () => {
  it('[D1] [D2] goes to quarantine with all that builds on it; the rest is kept and stored', async () => {
    const { weft, server, disk } = bench();
    door(server);
    const handle = weft.document('spec');
    await handle.synced;
    const former = handle.doc;
    await turn(handle, 'good. ');
    await untilState(handle.status, 'stored');
    await turn(handle, 'bad. ');
    await turn(handle, 'Built on it.');
    await turn(handle, 'Innocent.', 'elsewhere');
    expect(handle.status.get().state).not.toBe('stored');
    await replaced(handle);
    expect(handle.copy.get()).toEqual({ number: 2, because: 'refused' });
    expect(handle.doc).not.toBe(former);
    await untilState(handle.status, 'stored');
    expect(textOf(handle.doc)).toBe('good. ');
    expect(textOf(handle.doc, 'elsewhere')).toBe('Innocent.');
    same(handle, server);
    const [refusal, ...others] = weft.refusals.get();
    expect(others).toEqual([]);
    expect(refusal).toMatchObject({
      document: ADDRESS,
      code: 'type-forbidden',
      text: 'bad. Built on it.',
    });
    await weft.flush();
    expect(disk.unstored.size).toBe(0);
    // It goes on from there.
    await turn(handle, 'More.');
    await until(handle.status, ({ waiting }) => waiting === 1);
    await untilState(handle.status, 'stored');
    same(handle, server);
  });

  it('[D2] is found among fifty offline changes that were sent as one', async () => {
    const { weft, server } = bench({ connect: false });
    door(server);
    const handle = weft.document('spec');
    await handle.loaded;
    for (let i = 0; i < 50; i += 1) {
      await turn(handle, i === 20 ? 'bad' : `${i},`, i === 20 ? 'other' : 'content');
    }
    expect(handle.status.get().waiting).toBe(50);
    weft.connect();
    await replaced(handle);
    await untilState(handle.status, 'stored');
    expect(textOf(handle.doc)).toBe(
      Array.from({ length: 50 }, (_, i) => (i === 20 ? '' : `${i},`)).join(''),
    );
    same(handle, server);
    expect(weft.refusals.get().map(({ text }) => text)).toEqual(['bad']);
  });

  it('[D2] survives a reload, until it is discarded', async () => {
    const first = bench();
    door(first.server);
    const handle = first.weft.document('spec');
    await handle.synced;
    await turn(handle, 'bad');
    await replaced(handle);
    await first.weft.flush();
    const before = first.weft.refusals.get();
    const second = await first.reload();
    const [refusal] = await until(second.weft.refusals, (list) => list.length === 1);
    expect([refusal]).toEqual(before);
    if (refusal === undefined) return;
    const kept = new Y.Doc();
    Y.applyUpdate(kept, refusal.bytes);
    expect(textOf(kept)).toBe('bad');
    const again = second.weft.document('spec');
    await again.synced;
    expect(textOf(again.doc)).toBe('');
    expect(again.status.get()).toEqual({ state: 'stored', waiting: 0 });
    await second.weft.discard(refusal.id);
    expect(second.weft.refusals.get()).toEqual([]);
    const third = await second.reload();
    await third.weft.flush();
    expect(third.disk.quarantine.size).toBe(0);
    expect(third.weft.refusals.get()).toEqual([]);
  });

  it('[D2] what is typed while it is sorted out is kept', async () => {
    const { weft, server } = bench();
    door(server);
    const handle = weft.document('spec');
    await handle.synced;
    await turn(handle, 'bad');
    // The second copy is being asked for: the first one is still what the person sees.
    await server.until(() => server.socket.asked.length === 2);
    expect(handle.copy.get().number).toBe(1);
    await turn(handle, 'meanwhile', 'other');
    await replaced(handle);
    await untilState(handle.status, 'stored');
    expect(textOf(handle.doc, 'other')).toBe('meanwhile');
    expect(textOf(handle.doc)).toBe('');
    same(handle, server);
  });

  it('[D2] a socket that drops in between starts it anew', async () => {
    const { weft, server, env } = bench();
    door(server);
    const handle = weft.document('spec');
    await handle.synced;
    await turn(handle, 'good');
    await untilState(handle.status, 'stored');
    await turn(handle, 'bad');
    await turn(handle, 'fine', 'other');
    await server.until(() => server.socket.asked.length === 2);
    server.socket.cut();
    expect(textOf(handle.doc)).toBe('goodbad');
    expect(handle.status.get().state).not.toBe('stored');
    env.advance(60_000);
    await replaced(handle);
    await untilState(handle.status, 'stored');
    expect(textOf(handle.doc)).toBe('good');
    expect(textOf(handle.doc, 'other')).toBe('fine');
    same(handle, server);
    expect(weft.refusals.get()).toHaveLength(1);
  });

  it('[D2] a server that leaves it unanswered does not keep what was typed off the device for ever', async () => {
    const { weft, server, env, disk } = bench();
    door(server);
    const { judge } = server;
    const handle = weft.document('spec');
    await handle.synced;
    await turn(handle, 'bad');
    await server.until(() => server.socket.asked.length === 2);
    // From now on writes are answered by hand.
    server.judge = undefined;
    await server.write();
    await turn(handle, 'first,', 'other');
    await weft.flush();
    server.socket.refuse('type-forbidden');
    // What its device took down meanwhile is asked about too, and what follows is held back.
    await server.write();
    await turn(handle, 'second', 'other');
    const flushed = weft.flush();
    env.advance(5_000);
    await flushed;
    expect(disk.unstored.size).toBe(3);
    server.judge = judge;
    env.advance(20_000);
    await replaced(handle);
    await untilState(handle.status, 'stored');
    expect(textOf(handle.doc, 'other')).toBe('first,second');
    same(handle, server);
  });

  it('[D2] a tab that is killed in between finds everything as it was, and sorts it out again', async () => {
    const first = bench();
    door(first.server);
    const handle = first.weft.document('spec');
    await handle.synced;
    first.server.admits = false;
    await turn(handle, 'bad');
    await turn(handle, 'fine', 'other');
    await first.server.until(() => first.server.socket.asked.length === 2);
    // Not closed: killed, after the device has what was typed.
    await first.weft.flush();
    first.server.socket.cut();
    first.server.admits = true;
    const { weft, server } = bench({ server: first.server, disk: first.disk });
    const again = weft.document('spec');
    await replaced(again);
    await untilState(again.status, 'stored');
    expect(textOf(again.doc, 'other')).toBe('fine');
    same(again, server);
    expect(weft.refusals.get().map(({ text }) => text)).toEqual(['bad']);
  });

  it('[D2] two tabs with the same unsent work: neither doubles what is innocent', async () => {
    const offline = bench({ connect: false });
    const before = offline.weft.document('spec');
    await before.loaded;
    await turn(before, 'bad');
    await turn(before, 'fine', 'other');
    await offline.weft.close();
    const { server, disk } = offline;
    door(server);
    const tabs = [bench({ server, disk, connect: false }), bench({ server, disk, connect: false })];
    const handles = tabs.map(({ weft }) => weft.document('spec'));
    await Promise.all(handles.map((handle) => handle.loaded));
    for (const { weft } of tabs) weft.connect();
    for (const handle of handles) {
      await replaced(handle);
      await untilState(handle.status, 'stored');
    }
    expect(textOf(server.doc(ADDRESS), 'other')).toBe('fine');
    expect(disk.quarantine.size).toBe(1);
    expect(disk.unstored.size).toBe(0);
  });

  it('[D2] a device that keeps nothing says unsaved, and the document is rebuilt all the same', async () => {
    const broken = openMemoryDevice();
    await broken.close();
    const { weft, server } = bench({ store: broken });
    door(server);
    const handle = weft.document('spec');
    await handle.synced;
    await turn(handle, 'bad');
    await turn(handle, 'fine', 'other');
    await replaced(handle);
    expect(handle.status.get().state).toBe('unsaved');
    await untilState(handle.status, 'stored');
    expect(textOf(server.doc(ADDRESS), 'other')).toBe('fine');
    expect(weft.refusals.get()).toHaveLength(1);
  });

  it('[D9] whoever may only read gets the server’s document; what they had not sent is kept apart', async () => {
    const { weft, server } = bench();
    door(server);
    const handle = weft.document('spec');
    await handle.synced;
    await turn(handle, 'kept');
    await untilState(handle.status, 'stored');
    server.judge = undefined;
    server.access.set(ADDRESS, 'reader');
    await turn(handle, ' and more');
    await server.write();
    server.socket.refuse('read-only');
    await server.until(() => server.socket.asked.length === 2);
    await server.write();
    server.socket.refuse('read-only');
    await replaced(handle);
    expect(handle.access.get()).toEqual({ state: 'reader' });
    expect(handle.status.get()).toEqual({ state: 'stored', waiting: 0 });
    expect(textOf(handle.doc)).toBe('kept');
    expect(weft.refusals.get()).toMatchObject([
      { code: 'read-only', text: 'and more'.padStart(9) },
    ]);
  });

  it('[D9] nor does unsent work of a person who may only read now wait for ever', async () => {
    const { weft, server } = bench({ connect: false });
    door(server);
    server.judge = () => 'read-only';
    server.access.set(ADDRESS, 'reader');
    const handle = weft.document('spec');
    await handle.loaded;
    await turn(handle, 'late');
    weft.connect();
    await replaced(handle);
    expect(handle.status.get()).toEqual({ state: 'stored', waiting: 0 });
    expect(weft.refusals.get()).toMatchObject([{ code: 'read-only', text: 'late' }]);
  });

  it('a workspace and its presence go on in the copy that takes its place', async () => {
    const { weft, server } = bench();
    door(server);
    const handle = weft.workspace('main');
    await handle.synced;
    handle.awareness.setLocalStateField('user', { color: '#123456' });
    handle.create('document', 'A page');
    await untilState(handle.status, 'stored');
    handle.create('document', 'A bad page');
    await replaced(handle);
    expect(handle.entries.get().map(({ title }) => title)).toEqual(['A page']);
    expect(handle.awareness.getLocalState()).toEqual({ user: { color: '#123456' } });
    handle.create('document', 'Another');
    await untilState(handle.status, 'stored');
    await until(handle.entries, (entries) => entries.length === 2);
    expect(weft.refusals.get()[0]?.text).toContain('A bad page');
  });

  it('a document that nobody holds any more is sorted out too, and then let go', async () => {
    const { weft, server } = bench();
    door(server);
    const handle = weft.document('spec');
    await handle.synced;
    await turn(handle, 'bad');
    handle.close();
    await until(weft.refusals, (list) => list.length === 1);
    await until(weft.pending, (count) => count === 0);
    await server.until(() => server.socket.closes.length === 2);
    await weft.flush();
  });

  it('a server that refuses whatever it is sent is not asked for ever', async () => {
    const { weft, server, env } = bench();
    server.confirms = true;
    server.judge = () => 'client-id-taken';
    const handle = weft.document('spec');
    await handle.synced;
    await turn(handle, 'nobody wants this');
    await until(weft.refusals, (list) => list.length === 1);
    await untilState(handle.status, 'stored');
    const asked = server.socket.asked.length;
    env.advance(3_000);
    await weft.flush();
    expect(server.socket.asked).toHaveLength(asked);
    expect(weft.refusals.get()).toMatchObject([
      { code: 'client-id-taken', text: 'nobody wants this' },
    ]);
  });
});

describe('a client id that belongs to somebody else', () => {
  it('[D7] work made under it is made again under another, without a word', async () => {
    const { weft, server } = bench();
    const taken = new Set<number>();
    door(server, taken);
    const handle = weft.document('spec');
    await handle.synced;
    await turn(handle, 'stored before. ');
    await untilState(handle.status, 'stored');
    const { clientID } = handle.doc;
    taken.add(clientID);
    await turn(handle, 'and after');
    await turn(handle, 'fine', 'other');
    handle.doc.getText('content').delete(0, 7);
    await replaced(handle);
    await untilState(handle.status, 'stored');
    expect(handle.doc.clientID).not.toBe(clientID);
    expect(textOf(handle.doc)).toBe('before. and after');
    expect(textOf(handle.doc, 'other')).toBe('fine');
    same(handle, server);
    expect(weft.refusals.get()).toEqual([]);
    await turn(handle, '!');
    await until(handle.status, ({ waiting }) => waiting === 1);
    await untilState(handle.status, 'stored');
    same(handle, server);
  });

  it('[D7] also when somebody else’s work under it is in the document already', async () => {
    const { weft, server } = bench({ connect: false });
    const handle = weft.document('spec');
    await handle.loaded;
    door(server, new Set([handle.doc.clientID]));
    const theirs = server.doc(ADDRESS);
    theirs.clientID = handle.doc.clientID;
    theirs.getText('content').insert(0, 'theirs');
    await turn(handle, 'mine');
    weft.connect();
    await replaced(handle);
    await untilState(handle.status, 'stored');
    expect(['theirsmine', 'minetheirs']).toContain(textOf(handle.doc));
    same(handle, server);
    expect(weft.refusals.get()).toEqual([]);
  });
});

describe('a copy that differs from the server’s', () => {
  it('[D1] says what it holds when it has been quiet, once, and only when something changed', async () => {
    const { weft, server, env } = bench();
    server.commits = true;
    const handle = weft.document('spec');
    await handle.synced;
    env.advance(9_000);
    expect(server.socket.digests).toEqual([]);
    await turn(handle, 'a');
    await untilState(handle.status, 'stored');
    env.advance(2_000);
    await weft.flush();
    expect(server.socket.digests).toEqual([]);
    env.advance(8_000);
    await server.until(() => server.socket.digests.length === 1);
    expect(server.socket.digests[0]).toMatchObject({
      document: ADDRESS,
      content: contentHash(handle.doc),
    });
    server.greets = true;
    for (let minute = 0; minute < 3; minute += 1) {
      env.advance(4_000);
      await weft.flush();
    }
    expect(server.socket.digests).toHaveLength(1);
  });

  it('[D1] is not compared while something waits to be stored', async () => {
    const { weft, server, env } = bench();
    const handle = weft.document('spec');
    await handle.synced;
    await turn(handle, 'a');
    await server.write();
    for (let times = 0; times < 4; times += 1) {
      env.advance(3_000);
      await weft.flush();
    }
    expect(server.socket.digests).toEqual([]);
    server.socket.store();
    await untilState(handle.status, 'stored');
    for (let times = 0; times < 4; times += 1) {
      env.advance(3_000);
      await weft.flush();
    }
    await server.until(() => server.socket.digests.length === 1);
  });

  it('[D1] is fetched again without losing what was not sent, once for a pair of contents', async () => {
    const { weft, server, env } = bench();
    door(server);
    const handle = weft.document('spec');
    await handle.synced;
    await turn(handle, 'here');
    await untilState(handle.status, 'stored');
    // A server that holds something else at the same state: as forged neighbours make it.
    const digest = async (times: number) => {
      // What was just asked for is still on its way in the first of these seconds.
      for (let seconds = 0; seconds < 18; seconds += 3) {
        env.advance(3_000);
        await weft.flush();
      }
      await server.until(() => server.socket.digests.length === times);
      const said = server.socket.digests[times - 1];
      if (said === undefined) throw new Error('No digest.');
      return said;
    };
    const said = await digest(1);
    const content = 'f'.repeat(64);
    server.socket.say({ ...said, content });
    await server.until(() => server.socket.asked.length === 2);
    await turn(handle, ' and unsent');
    await replaced(handle);
    expect(handle.copy.get()).toEqual({ number: 2, because: 'diverged' });
    await untilState(handle.status, 'stored');
    expect(textOf(server.doc(ADDRESS))).toBe('here and unsent');
    same(handle, server);
    expect(weft.refusals.get()).toEqual([]);
    // It does so again for another pair, and says so when that does not help.
    server.socket.say({ ...(await digest(2)), content });
    await replaced(handle, 2);
    const third = await digest(3);
    server.socket.say({ ...third, content });
    await until(weft.refusals, (list) => list.length === 1);
    expect(weft.refusals.get()).toMatchObject([{ document: ADDRESS, code: 'diverged', text: '' }]);
    await weft.flush();
    expect(handle.copy.get().number).toBe(3);
  });

  it('a word about another state than the present one changes nothing', async () => {
    const { weft, server } = bench();
    door(server);
    const handle = weft.document('spec');
    await handle.synced;
    server.socket.say({
      type: 'digest',
      document: ADDRESS,
      state: '0'.repeat(64),
      content: '1'.repeat(64),
    });
    server.edit(ADDRESS, (doc) => doc.getText('content').insert(0, 'a'));
    await untilDoc(handle.doc, () => textOf(handle.doc) === 'a');
    expect(handle.copy.get()).toEqual({ number: 1, because: 'opened' });
    expect(server.socket.asked).toHaveLength(1);
  });
});
