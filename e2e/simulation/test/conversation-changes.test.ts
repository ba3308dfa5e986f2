import { type ConversationHandle, type Weft, createWeft } from '@weft/client';
import type { TimelineItem } from '@weft/protocol';
import { type WeftServer, createWeftServer } from '@weft/server';
import { createMemoryDisk, openMemoryDevice } from '@weft/storage/device-memory';
import { openMemoryStore } from '@weft/storage/memory';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { signIn } from './support/sign-in.ts';
import { until } from './support/until.ts';

/** Changes to messages, between our clients over real sockets. */

const SECRET = 'a secret for tests, longer than 32 bytes';

type Stored = Extract<TimelineItem, { readonly state: 'stored' }>;

const storedIn = (room: ConversationHandle): readonly Stored[] =>
  room.timeline.get().flatMap((item) => (item.state === 'stored' ? [item] : []));

/** Resolves with the item of a message once it is as is asked. */
async function item(
  room: ConversationHandle,
  id: string,
  holds: (found: Stored) => boolean = () => true,
): Promise<Stored> {
  const find = () => storedIn(room).find((each) => each.id === id && holds(each));
  await until(room.timeline, () => find() !== undefined);
  const found = find();
  if (found === undefined) throw new Error('It is not there.');
  return found;
}

const settled = (found: Stored) => found.waiting === undefined;

describe('changes to messages', () => {
  let server: WeftServer;
  let port = 0;
  const clients: Weft[] = [];

  beforeEach(async () => {
    server = await createWeftServer({ store: await openMemoryStore(), secret: SECRET });
    ({ port } = await server.listen(0, '127.0.0.1'));
  });
  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.close()));
    await server.close();
  });

  async function open(name: string, options: Partial<Parameters<typeof createWeft>[0]> = {}) {
    const { token, sub } = await signIn(port, name);
    const person = { sub, name };
    const weft = createWeft({ url: `ws://127.0.0.1:${port}/sync`, token, person, ...options });
    clients.push(weft);
    return { weft, sub, room: weft.conversation('general') };
  }

  it('[C10] [C2] replies, edits, reactions and pins read the same on both sides, in one place', async () => {
    const [ann, bea] = await Promise.all([open('Ann'), open('Bea')]);
    const first = await ann.room.send('one');
    await item(bea.room, first);
    const reply = await bea.room.send('two', { reply: first });
    await item(ann.room, first);
    await bea.room.react(first, '👍');
    await bea.room.pin(first);
    await ann.room.react(first, '👍');
    await ann.room.edit(first, 'one, edited');
    const whole = (found: Stored) =>
      settled(found) &&
      found.message.revision === 2 &&
      found.pin !== undefined &&
      found.reactions?.[0]?.people.length === 2;
    const seen = [await item(ann.room, first, whole), await item(bea.room, first, whole)];
    expect(seen[0]).toEqual(seen[1]);
    expect(seen[0]).toMatchObject({
      message: { sequence: 1, body: { text: 'one, edited' }, author: ann.sub },
      pin: { by: bea.sub },
    });
    expect((await item(ann.room, reply)).message.reply).toBe(1);
    await ann.room.delete(first);
    const gone = await item(bea.room, first, ({ message }) => message.deleted !== undefined);
    expect(gone.message).toMatchObject({
      sequence: 1,
      body: { text: '' },
      deleted: { by: ann.sub },
    });
    expect(storedIn(bea.room).map(({ id }) => id)).toEqual([first, reply]);
  });

  it('[C7] changes made without a network show at once, survive a reload, and never flicker', async () => {
    const disk = createMemoryDisk();
    const ann = await open('Ann', { store: openMemoryDevice(disk) });
    const bea = await open('Bea');
    const id = await ann.room.send('one');
    await item(ann.room, id);
    ann.weft.disconnect();
    await ann.room.edit(id, 'two');
    await ann.room.react(id, '🧵');
    expect(await item(ann.room, id)).toMatchObject({
      waiting: 2,
      message: { body: { text: 'two' } },
      reactions: [{ emoji: '🧵', people: [ann.sub] }],
    });
    await ann.weft.close();
    const again = await open('Ann', { store: openMemoryDevice(disk), connect: false });
    await again.room.loaded;
    // Another guest of that name has another sub: what waits is theirs now, what is stored is not.
    const shown: string[] = [];
    again.room.timeline.subscribe(() => {
      for (const { message } of storedIn(again.room)) shown.push(message.body.text);
    });
    expect((await item(again.room, id)).message.body.text).toBe('two');
    again.weft.connect();
    const refused = await item(again.room, id, ({ failed }) => failed !== undefined);
    expect(refused.failed).toMatchObject([{ action: 'edit', code: 'not-author' }]);
    const reacted = ({ reactions, waiting }: Stored) =>
      waiting === undefined && reactions !== undefined;
    expect((await item(bea.room, id, reacted)).reactions).toEqual([
      { emoji: '🧵', people: [again.sub] },
    ]);
    await again.room.dismiss(refused.failed?.[0]?.id ?? '');
    expect(await item(again.room, id, settled)).not.toHaveProperty('failed');
    // Shown as edited until the refusal, and as it was from then on.
    expect([...new Set(shown)]).toEqual(['two', 'one']);
  });

  it('[C6] an edit stays on the screen between its ack and its arrival', async () => {
    const ann = await open('Ann');
    const id = await ann.room.send('text 0');
    await item(ann.room, id);
    const shown: string[] = [];
    ann.room.timeline.subscribe(() => {
      for (const { message } of storedIn(ann.room)) shown.push(message.body.text);
    });
    for (let n = 1; n <= 20; n += 1) await ann.room.edit(id, `text ${n}`);
    await item(ann.room, id, (found) => settled(found) && found.message.revision === 21);
    const numbers = shown.map((text) => Number(text.slice('text '.length)));
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
    expect(numbers.at(-1)).toBe(20);
  });

  it('what has no sequence yet cannot be answered or changed', async () => {
    const ann = await open('Ann', { connect: false });
    const id = await ann.room.send('one');
    await expect(ann.room.edit(id, 'two')).rejects.toMatchObject({ code: 'not-stored' });
    await expect(ann.room.send('two', { reply: id })).rejects.toMatchObject({ code: 'not-stored' });
    await expect(ann.room.send('\u0007')).rejects.toMatchObject({ code: 'message-unprintable' });
  });
});
