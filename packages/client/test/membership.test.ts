import { type Command, type Message, directId, isOutboxEntry } from '@weft/protocol';
import { openMemoryDevice } from '@weft/storage/device-memory';
import { describe, expect, it } from 'vitest';
import type { ConversationHandle } from '../src/index.ts';
import { type Bench, bench, until } from './kit/setup.ts';

const AT = 1_800_000_000_000;

/** Somebody comes in, or leaves: as the segment holds it. */
function line(
  sequence: number,
  author: string,
  change: 'joined' | 'left',
  id = `01J${String(sequence).padStart(23, '0')}`,
): Message {
  return {
    id,
    sequence,
    revision: 1,
    author,
    name: `Name of ${author}`,
    at: AT + sequence,
    sentAt: AT,
    body: { version: 1, text: '' },
    membership: { change },
  };
}

async function opened(id = 'general') {
  const test = bench();
  test.server.access.set(`conversation/${id}/0`, 'reader');
  const room = test.weft.conversation(id);
  await test.server.until(() => (test.server.sockets.at(-1)?.step1s.length ?? 0) > 0);
  test.server.socket.say({ type: 'event', conversation: id, event: 0, sequence: 0, segment: 0 });
  await until(room.phase, (phase) => phase === 'synced');
  return { test, room };
}

async function command({ server }: Bench, index: number): Promise<Command> {
  await server.until(() => (server.sockets.at(-1)?.commands.length ?? 0) > index);
  const found = server.socket.commands[index];
  if (found === undefined) throw new Error('No command.');
  return found;
}

const people = (room: ConversationHandle) => room.members.get().members.map(({ person }) => person);

describe('who is in a conversation', () => {
  it('[C13] is what the server told, changed by what came after that and by nothing before it', async () => {
    const { test, room } = await opened();
    test.server.post('general', line(1, 'bea', 'joined'));
    test.server.socket.say({
      type: 'members',
      conversation: 'general',
      sequence: 2,
      members: [{ person: 'eve', name: 'Eve', since: 2 }],
    });
    await until(room.members, () => people(room).join(' ') === 'eve');
    test.server.post('general', line(2, 'eve', 'joined'));
    test.server.post('general', line(3, 'dan', 'joined'));
    await until(room.members, () => people(room).join(' ') === 'eve dan');
    test.server.post('general', line(4, 'eve', 'left'));
    await until(room.members, () => people(room).join(' ') === 'dan');
    expect(room.unread.get().count).toBe(0);
  });

  it('is known without a network, as it was last', async () => {
    const { test, room } = await opened();
    test.server.socket.say({
      type: 'members',
      conversation: 'general',
      sequence: 2,
      members: [{ person: 'eve', name: 'Eve', since: 2 }],
    });
    await until(room.members, () => people(room).length > 0);
    const later = await test.reload({ connect: false });
    const again = later.weft.conversation('general');
    await again.loaded;
    expect(people(again)).toEqual(['eve']);
  });

  it('[C7] joining is on its way until it is in the conversation, and shows no message of its own', async () => {
    const { test, room } = await opened();
    const id = await room.join();
    expect(room.members.get().own).toEqual({ state: 'joining' });
    expect(room.timeline.get()).toEqual([]);
    const sent = await command(test, 0);
    expect(sent).toMatchObject({ id, action: { type: 'join' } });
    test.server.socket.say({
      type: 'ack',
      id,
      result: { outcome: 'stored', event: 1, sequence: 1, at: AT },
    });
    test.server.post('general', line(1, 'ann', 'joined', id));
    await until(room.members, ({ own }) => own.state === 'in');
    expect(people(room)).toEqual(['ann']);
  });

  it('[C7] what is so already needs no words; another refusal is shown until it is dismissed', async () => {
    const { test, room } = await opened();
    const refuse = (id: string, code: string) =>
      test.server.socket.say({
        type: 'ack',
        id,
        result: { outcome: 'refused', code, message: 'No.' },
      });
    refuse(await room.join(), 'membership-unchanged');
    await until(room.members, ({ own }) => own.state === 'out');
    const id = await room.join();
    refuse(id, 'membership-fixed');
    const { own } = await until(room.members, (members) => members.own.state === 'failed');
    expect(own).toEqual({
      state: 'failed',
      id,
      action: 'join',
      in: false,
      code: 'membership-fixed',
      reason: 'No.',
    });
    await room.dismiss(id);
    expect(room.members.get().own).toEqual({ state: 'out' });
  });
});

describe('what was stored before', () => {
  it('[C7] a joining that comes again after its line was here is over with its ack', async () => {
    const { test, room } = await opened();
    const id = await room.join();
    await command(test, 0);
    // The line is kept, the ack is lost, and so is the word that the entry is gone.
    const device = openMemoryDevice(test.disk);
    const [entry] = await device.outbox(isOutboxEntry);
    if (entry === undefined) throw new Error('Nothing is queued.');
    test.server.post('general', line(1, 'ann', 'joined', id));
    await until(room.members, ({ own }) => own.state === 'in');
    await device.deleteOutbox(id);
    await device.enqueue('general', () => entry);
    test.weft.disconnect();
    test.weft.connect();
    await test.server.until(() => test.server.sockets.length > 1);
    await command(test, 0);
    expect(room.members.get().own).toEqual({ state: 'joining' });
    test.server.socket.say({
      type: 'ack',
      id,
      result: { outcome: 'stored', event: 1, sequence: 1, at: AT },
    });
    await until(room.members, ({ own }) => own.state === 'in');
  });
});

describe('what was so already', () => {
  it('[C7] [C13] is gone from the device too: it is not asked for again at the next start', async () => {
    const { test, room } = await opened();
    const id = await room.leave();
    await command(test, 0);
    test.server.socket.say({
      type: 'ack',
      id,
      result: { outcome: 'refused', code: 'membership-unchanged', message: 'No.' },
    });
    await until(room.members, ({ own }) => own.state === 'out');
    const later = await test.reload({ connect: false });
    const again = later.weft.conversation('general');
    await again.loaded;
    expect(again.members.get().own).toEqual({ state: 'out' });
    expect(later.weft.pending.get()).toBe(0);
  });
});

describe('a direct conversation', () => {
  const id = directId('ann', 'bea');

  it('[C14] begins with its first message, behind what says whom it is with', async () => {
    const { test, room } = await opened(id);
    await expect(room.send('psst')).rejects.toMatchObject({ code: 'not-begun' });
    expect(await test.weft.direct({ sub: 'bea', name: 'Bea' })).toBe(id);
    expect(test.weft.directs.get()).toMatchObject([
      { conversation: id, person: 'bea', begun: false },
    ]);
    const [one, two] = await Promise.all([room.send('one'), room.send('two')]);
    expect(test.weft.directs.get()).toMatchObject([{ begun: true, name: 'Bea' }]);
    const first = await command(test, 0);
    expect(first).toMatchObject({ counter: 1, action: { type: 'join', with: 'bea' } });
    const stored = (of: Command, sequence: number) =>
      test.server.socket.say({
        type: 'ack',
        id: of.id,
        result: { outcome: 'stored', event: sequence, sequence, at: AT },
      });
    stored(first, 1);
    const second = await command(test, 1);
    expect(second).toMatchObject({ id: one, counter: 2, action: { type: 'send' } });
    stored(second, 2);
    expect(await command(test, 2)).toMatchObject({ id: two, counter: 3 });
  });

  it('[C14] that somebody else began is listed, also after a reload without a network', async () => {
    const test = bench();
    await until(test.weft.connection, ({ state }) => state === 'online');
    const told = { conversation: id, person: 'bea', name: 'Bea', at: AT };
    test.server.socket.say({ type: 'directs', conversations: [told] });
    await until(test.weft.directs, (list) => list.length > 0);
    const later = await test.reload({ connect: false });
    await until(later.weft.directs, (list) => list.length > 0);
    expect(later.weft.directs.get()).toEqual([{ ...told, begun: true }]);
  });

  it('[C14] told while the device is still asked which history it holds, under another one: is listed', async () => {
    const first = bench();
    await until(first.weft.connection, ({ state }) => state === 'online');
    await first.weft.close();
    const device = openMemoryDevice(first.disk);
    let answer: () => void = () => undefined;
    const asked = new Promise<void>((resolve) => {
      answer = resolve;
    });
    first.server.welcome = { ...first.server.welcome, epoch: 2 };
    const store = { ...device, history: () => asked.then(() => device.history()) };
    const test = bench({ server: first.server, disk: first.disk, store });
    await test.server.until(() => test.server.sockets.length === 2);
    const told = { conversation: id, person: 'bea', name: 'Bea', at: AT };
    await test.server.until(() => test.server.socket.hellos.length > 0);
    test.server.socket.say({ type: 'directs', conversations: [told] });
    await test.weft.flush();
    answer();
    await until(test.weft.connection, ({ state }) => state === 'online');
    await until(test.weft.directs, (list) => list.length > 0);
    expect(test.weft.directs.get()).toEqual([{ ...told, begun: true }]);
  });

  it('is with somebody else', async () => {
    const { test } = await opened();
    await expect(test.weft.direct({ sub: 'ann', name: 'Ann' })).rejects.toMatchObject({
      code: 'request-invalid',
    });
  });
});
