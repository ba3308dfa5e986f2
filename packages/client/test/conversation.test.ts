import { type Command, type Message, type MessageBody, SEGMENT_SIZE } from '@weft/protocol';
import { openMemoryDevice } from '@weft/storage/device-memory';
import { describe, expect, it } from 'vitest';
import type { ConversationHandle, TimelineItem } from '../src/index.ts';
import { type Bench, bench, until, untilState } from './kit/setup.ts';

const ULID = /^[0-9A-HJKMNP-TV-Z]{26}$/;

function messageOf(command: Command, sequence: number, author = 'ann'): Message {
  return {
    id: command.id,
    sequence,
    revision: 1,
    author,
    name: author,
    at: 1_800_000_000_000 + sequence,
    sentAt: command.at,
    body: bodyOf(command),
  };
}

function bodyOf({ action }: Command): MessageBody {
  if (action.type !== 'send') throw new Error(`It is no message: ${action.type}.`);
  return action.body;
}

/** A message that somebody else sent. */
function foreign(sequence: number, id = `01J${String(sequence).padStart(23, '0')}`): Message {
  return {
    id,
    sequence,
    revision: 1,
    author: 'bea',
    name: 'Bea',
    at: 1_800_000_000_000 + sequence,
    sentAt: 1_700_000_000_000,
    body: { version: 1, text: `from Bea ${sequence}` },
  };
}

const list = (room: ConversationHandle) => room.timeline.get().map(textOf);
const textOf = (item: TimelineItem) => {
  const { text } = item.state === 'stored' ? item.message.body : bodyOf(item.entry.command);
  return `${item.state} ${text}`;
};
const lists = (room: ConversationHandle, ...expected: string[]) =>
  until(room.timeline, () => JSON.stringify(list(room)) === JSON.stringify(expected));

/** The next command that the server has not been asked about yet. */
async function command({ server }: Bench, index: number): Promise<Command> {
  await server.until(() => (server.sockets.at(-1)?.commands.length ?? 0) > index);
  const found = server.socket.commands[index];
  if (found === undefined) throw new Error('No command.');
  return found;
}

/** Tells of the head, as the server does when a segment is opened. */
function head({ server }: Bench, sequence: number, role?: 'reader' | 'editor'): void {
  server.socket.say({
    type: 'event',
    conversation: 'general',
    event: sequence,
    sequence,
    segment: Math.max(0, Math.floor((sequence - 1) / SEGMENT_SIZE)),
    ...(role === undefined ? {} : { role }),
  });
}

const stored = ({ server }: Bench, { id }: Command, sequence: number) =>
  server.socket.say({
    type: 'ack',
    id,
    result: { outcome: 'stored', event: sequence, sequence, at: 1_800_000_000_000 },
  });
const refused = ({ server }: Bench, { id }: Command, code: string) =>
  server.socket.say({ type: 'ack', id, result: { outcome: 'refused', code, message: 'No.' } });

/** A bench whose conversation is open and in sync; segments are read-only to everybody. */
async function opened(options: Parameters<typeof bench>[0] = {}) {
  const test = bench(options);
  for (const segment of [0, 1, 2])
    test.server.access.set(`conversation/general/${segment}`, 'reader');
  const room = test.weft.conversation('general');
  await test.server.until(() => (test.server.sockets.at(-1)?.step1s.length ?? 0) > 0);
  head(test, 0);
  await until(room.phase, (phase) => phase === 'synced');
  return { test, room };
}

describe('sending', () => {
  it('[C5] one command of a conversation is on its way at a time, in the order of sending', async () => {
    const { test, room } = await opened();
    const ids = await Promise.all(['one', 'two', 'three'].map((text) => room.send(text)));
    for (const id of ids) expect(id).toMatch(ULID);
    expect(ids.toSorted()).toEqual(ids);
    const other = test.weft.conversation('other');
    await other.send('elsewhere');
    const first = await command(test, 0);
    expect(first).toMatchObject({ id: ids[0], counter: 1, conversation: 'general' });
    // Another conversation does not wait.
    expect(await command(test, 1)).toMatchObject({ conversation: 'other', counter: 1 });
    await test.weft.flush();
    expect(test.server.socket.commands).toHaveLength(2);
    stored(test, first, 1);
    expect(await command(test, 2)).toMatchObject({ id: ids[1], counter: 2 });
  });

  it('[C6] a message moves from queued to stored in its place, whichever of ack and message is first', async () => {
    const { test, room } = await opened();
    await room.send('one');
    await room.send('two');
    expect(list(room)).toEqual(['queued one', 'queued two']);
    const first = await command(test, 0);
    const shown: string[][] = [];
    room.timeline.subscribe(() => shown.push(list(room)));
    stored(test, first, 1);
    const second = await command(test, 1);
    // Acked, and not here yet: nothing jumps.
    expect(list(room)).toEqual(['queued one', 'queued two']);
    test.server.post('general', messageOf(first, 1));
    await lists(room, 'stored one', 'queued two');
    test.server.post('general', messageOf(second, 2));
    await lists(room, 'stored one', 'stored two');
    stored(test, second, 2);
    await test.weft.flush();
    expect(list(room)).toEqual(['stored one', 'stored two']);
    expect(shown.every((items) => items.length === 2)).toBe(true);
    expect(test.disk.outbox.size).toBe(0);
  });

  it('[C7] a queued message survives a reload, and goes when its message is seen though the ack was lost', async () => {
    const first = bench({ connect: false });
    const id = await first.weft.conversation('general').send('one');
    const second = await first.reload({ connect: false });
    const room = second.weft.conversation('general');
    await room.loaded;
    expect(list(room)).toEqual(['queued one']);
    second.weft.connect();
    const sent = await command(second, 0);
    expect(sent.id).toBe(id);
    second.server.access.set('conversation/general/0', 'reader');
    second.server.post('general', messageOf(sent, 1));
    await lists(room, 'stored one');
    await second.weft.flush();
    expect(second.disk.outbox.size).toBe(0);
  });

  it('[C7] what was on its way is sent again on the next socket, under the same id', async () => {
    const { test, room } = await opened();
    const id = await room.send('one');
    await command(test, 0);
    test.server.socket.cut();
    test.env.advance(60_000);
    expect(await command(test, 0)).toMatchObject({ id, counter: 1 });
    expect(test.server.sockets).toHaveLength(2);
  });

  it.each(['storage-failed', 'too-fast', 'out-of-turn'])(
    '[C7] a refusal that may pass is tried again after a while; the queue waits for it (%s)',
    async (code) => {
      const { test, room } = await opened();
      await room.send('one');
      await room.send('two');
      const first = await command(test, 0);
      refused(test, first, code);
      await test.weft.flush();
      expect(list(room)).toEqual(['queued one', 'queued two']);
      expect(test.server.socket.commands).toHaveLength(1);
      test.env.advance(1_000);
      expect((await command(test, 1)).id).toBe(first.id);
      stored(test, first, 1);
      expect(bodyOf(await command(test, 2)).text).toBe('two');
    },
  );

  it('[C7] a refusal for good shows, stays over a reload, and the queue goes on', async () => {
    const { test, room } = await opened();
    await room.send('one');
    await room.send('two');
    refused(test, await command(test, 0), 'message-too-long');
    await lists(room, 'failed one', 'queued two');
    expect(room.timeline.get()[0]).toMatchObject({ code: 'message-too-long', reason: 'No.' });
    expect(bodyOf(await command(test, 1)).text).toBe('two');
    const again = (await test.reload({ connect: false })).weft.conversation('general');
    await again.loaded;
    expect(list(again)).toEqual(['failed one', 'queued two']);
  });

  it('[C7] a retry sends under a new id and counter; a dismissed message is gone', async () => {
    const { test, room } = await opened();
    const [a, b] = [await room.send('one'), await room.send('two')];
    refused(test, await command(test, 0), 'message-too-long');
    refused(test, await command(test, 1), 'message-too-long');
    await lists(room, 'failed one', 'failed two');
    await room.retry(a);
    const again = await command(test, 2);
    expect(again).toMatchObject({ counter: 3, action: { body: { text: 'one' } } });
    expect(again.id).not.toBe(a);
    expect(list(room)).toEqual(['failed two', 'queued one']);
    await room.dismiss(b);
    expect(list(room)).toEqual(['queued one']);
    // What is queued may be with the server already.
    await room.dismiss(again.id);
    expect(list(room)).toEqual(['queued one']);
    await expect(room.retry(again.id)).rejects.toMatchObject({ code: 'not-found' });
    expect([...test.disk.outbox.keys()]).toEqual([again.id]);
  });

  it('[C7] what could never be stored is refused at once, and not queued', async () => {
    const { room } = await opened();
    await expect(room.send('  ')).rejects.toMatchObject({ code: 'message-empty' });
    await expect(room.send('x'.repeat(20_000))).rejects.toMatchObject({ code: 'message-too-long' });
    expect(list(room)).toEqual([]);
  });

  it('[C7] where the device keeps nothing, a send resolves when the server has it', async () => {
    const broken = openMemoryDevice();
    await broken.close();
    const { test, room } = await opened({ store: broken });
    let safe = false;
    const sending = room.send('one').then(() => {
      safe = true;
    });
    const sent = await command(test, 0);
    expect(list(room)).toEqual(['queued one']);
    expect(safe).toBe(false);
    stored(test, sent, 1);
    await sending;
    const lost = room.send('two');
    await command(test, 1);
    await Promise.all([
      expect(lost).rejects.toMatchObject({ code: 'device-failed' }),
      test.weft.close(),
    ]);
  });

  it('[C7] what one tab sent or dismissed does not come back in another', async () => {
    const { test, room } = await opened();
    const second = bench({ disk: test.disk, connect: false });
    const there = second.weft.conversation('general');
    await there.loaded;
    const failed = await room.send('one');
    await room.send('two');
    refused(test, await command(test, 0), 'message-too-long');
    const two = await command(test, 1);
    stored(test, two, 1);
    await lists(room, 'failed one', 'queued two');
    await room.dismiss(failed);
    await test.weft.flush();
    second.weft.connect();
    await untilState(second.weft.connection, 'online');
    await second.weft.flush();
    expect(list(there)).toEqual([]);
    expect(second.server.socket.commands).toEqual([]);
    expect(test.disk.outbox.size).toBe(0);
  });

  it('[C7] a message of somebody else under the same id does not remove ours', async () => {
    const { test, room } = await opened();
    const id = await room.send('mine');
    await command(test, 0);
    test.server.post('general', foreign(1, id));
    await until(room.timeline, (items) => items[0]?.state === 'stored');
    await test.weft.flush();
    expect(test.disk.outbox.has(id)).toBe(true);
  });
});

describe('reading', () => {
  it('[C6] shows a gap-free prefix, and asks for what is missing', async () => {
    const { test, room } = await opened();
    test.server.post('general', foreign(1));
    test.server.post('general', foreign(3));
    await lists(room, 'stored from Bea 1');
    head(test, 3);
    const asked = test.server.socket.step1s.length;
    await test.weft.flush();
    // The second message is on the server, and its update was lost on the way.
    test.server.doc('conversation/general/0').getMap('messages').set('2', foreign(2));
    test.env.advance(1_500);
    await lists(room, 'stored from Bea 1', 'stored from Bea 2', 'stored from Bea 3');
    expect(test.server.socket.step1s).toHaveLength(asked + 1);
  });

  it('[C2] what is no message, or lies where it does not belong, is not shown', async () => {
    const { test, room } = await opened();
    test.server.edit('conversation/general/0', (doc) => {
      const root = doc.getMap('messages');
      root.set('1', foreign(1));
      root.set('2', { text: 'no message' });
      root.set('3', foreign(4));
      root.set(String(SEGMENT_SIZE + 1), foreign(SEGMENT_SIZE + 1));
    });
    await lists(room, 'stored from Bea 1');
  });

  it("[D2] another history: the old one's messages are gone, and what was queued is sent", async () => {
    const { test, room } = await opened();
    test.server.post('general', foreign(1));
    test.server.post('general', foreign(2));
    await lists(room, 'stored from Bea 1', 'stored from Bea 2');
    test.server.socket.cut();
    await room.send('queued meanwhile');
    test.server.docs.clear();
    test.server.doc('conversation/general/0').getMap('messages').set('1', foreign(1));
    test.server.welcome = { ...test.server.welcome, epoch: 2 };
    test.env.advance(60_000);
    await lists(room, 'stored from Bea 1', 'queued queued meanwhile');
    await command(test, 0);
    const offline = await test.reload({ connect: false });
    const again = offline.weft.conversation('general');
    await again.loaded;
    expect(list(again)).toEqual(['stored from Bea 1', 'queued queued meanwhile']);
  });

  it('[D9] says whether this person may send: by the head, or by a refusal', async () => {
    const { test, room } = await opened();
    expect(room.access.get()).toEqual({ state: 'editor' });
    head(test, 0, 'reader');
    await untilState(room.access, 'reader');
    head(test, 0, 'editor');
    await untilState(room.access, 'editor');
    await room.send('one');
    refused(test, await command(test, 0), 'read-only');
    await untilState(room.access, 'reader');
  });

  it('a denied conversation says why', async () => {
    const test = bench();
    test.server.access.set('conversation/general/0', 'forbidden');
    const room = test.weft.conversation('general');
    await untilState(room.access, 'denied');
    expect(room.access.get()).toEqual({ state: 'denied', code: 'forbidden' });
  });

  it('holders share a conversation; the last one to close it closes its segments', async () => {
    const { test, room } = await opened();
    const other = test.weft.conversation('general');
    room.close();
    room.close();
    await test.weft.flush();
    expect(test.server.socket.closes).toEqual([]);
    other.close();
    await test.server.until(() => test.server.socket.closes.length === 1);
  });
});
