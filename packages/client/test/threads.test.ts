import { type Command, THREADS_ROOT, type Thread, threadId } from '@weft/protocol';
import { describe, expect, it } from 'vitest';
import type { ConversationHandle } from '../src/index.ts';
import { type Bench, bench, until, untilState } from './kit/setup.ts';

const AT = 1_800_000_000_000;
const FIRST = 'conversation/spec/0';

async function opened() {
  const test = bench();
  const room = test.weft.conversation('spec');
  await untilState(test.weft.connection, 'online');
  await test.server.until(() => test.server.socket.step1s.length > 0);
  head(test, 0);
  await until(room.phase, (phase) => phase === 'synced');
  return { test, room };
}

function head({ server }: Bench, event: number): void {
  server.socket.say({ type: 'event', conversation: 'spec', event, sequence: 0, segment: 0 });
}

/** What the server's commit of a command does to the list. */
function list({ server }: Bench, anchor: string, thread: Partial<Thread> & { event: number }) {
  server.edit(FIRST, (doc) => {
    doc.getMap(THREADS_ROOT).set(anchor, { quote: '', by: 'ann', name: 'Ann', at: AT, ...thread });
  });
}

async function command({ server }: Bench, index: number): Promise<Command> {
  await server.until(() => (server.sockets.at(-1)?.commands.length ?? 0) > index);
  const found = server.socket.commands[index];
  if (found === undefined) throw new Error('No command.');
  return found;
}

function stored({ server }: Bench, id: string, event: number, sequence = 0): void {
  server.socket.say({ type: 'ack', id, result: { outcome: 'stored', event, sequence, at: AT } });
}

const threads = (room: ConversationHandle) => room.threads.get();

describe('comment threads of a document', () => {
  it('[C16] one that is begun is listed at once, over a reload, and is the same once it is stored', async () => {
    const { test, room } = await opened();
    const { anchor, conversation } = await room.startThread('Why?', {
      quote: ' the warp\n  is  set ',
    });
    expect(conversation).toBe(threadId('spec', anchor));
    const quote = 'the warp is set';
    expect(threads(room)).toMatchObject([{ anchor, conversation, quote, state: 'queued' }]);
    const [listed, said] = [await command(test, 0), await command(test, 1)];
    expect(listed).toMatchObject({ conversation: 'spec', action: { type: 'thread', quote } });
    expect(said).toMatchObject({ conversation, action: { body: { text: 'Why?' } } });

    await test.weft.flush();
    const again = await test.reload();
    const room2 = again.weft.conversation('spec');
    await until(room2.threads, (list_) => list_.length === 1);
    expect(threads(room2)).toMatchObject([{ anchor, quote, state: 'queued' }]);
    await again.server.until(() => again.server.socket.commands.length > 1);
    const resent = again.server.socket.commands.find((each) => each.conversation === 'spec');
    stored(again, resent?.id ?? '', 1);
    // Acked, and not here yet: it does not flicker.
    expect(threads(room2)).toMatchObject([{ state: 'queued' }]);
    await again.server.until(() => again.server.socket.asked.includes(FIRST));
    list(again, anchor, { quote, event: 1 });
    await until(room2.threads, ([first]) => first?.state === 'stored');
    expect(threads(room2)).toMatchObject([{ anchor, quote, name: 'Ann' }]);
  });

  it('[C16] a change to one is shown at once, and stays as it is between its ack and its arrival', async () => {
    const { test, room } = await opened();
    const anchor = '01J00000000000000000000001';
    list(test, anchor, { by: 'bea', name: 'Bea', event: 1 });
    head(test, 1);
    await until(room.threads, (all) => all.length === 1);
    await room.resolveThread(anchor);
    expect(threads(room)).toMatchObject([{ resolved: { by: 'ann' } }]);
    const { id } = await command(test, 0);
    stored(test, id, 2);
    // Another command leaves once the ack was read.
    await room.send('next');
    await command(test, 1);
    expect(threads(room)).toMatchObject([{ resolved: { by: 'ann' } }]);
    list(test, anchor, { event: 2, resolved: { by: 'ann', name: 'Ann', at: AT } });
    head(test, 2);
    await until(room.threads, ([first]) => first?.resolved?.name === 'Ann');

    // Somebody else takes it back: nothing of ours hides that.
    list(test, anchor, { event: 3 });
    await until(room.threads, ([first]) => first?.resolved === undefined);
  });

  it('[C7] [C16] one that is refused says why until it is tried again or dismissed', async () => {
    const { test, room } = await opened();
    await room.startThread('Why?');
    const { id } = await command(test, 0);
    const result = { outcome: 'refused', code: 'too-many-threads', message: 'Too many.' } as const;
    test.server.socket.say({ type: 'ack', id, result });
    await until(room.threads, ([first]) => first?.state === 'failed');
    expect(threads(room)).toMatchObject([
      { failed: [{ id, action: 'thread', reason: 'Too many.' }] },
    ]);
    await room.dismiss(id);
    expect(threads(room)).toEqual([]);
  });

  it('what could never be stored is refused at once, and nothing of it is queued', async () => {
    const { test, room } = await opened();
    await expect(room.startThread('  ', { quote: 'x' })).rejects.toThrow('A message needs a text.');
    await expect(room.resolveThread('none')).rejects.toMatchObject({ code: 'request-invalid' });
    const long = test.weft.conversation('x'.repeat(95));
    await expect(long.startThread('Why?')).rejects.toMatchObject({ code: 'name-invalid' });
    expect(threads(room)).toEqual([]);
    expect(threads(long)).toEqual([]);
  });
});
