import { type Weft, createWeft, progressOf, seenBy } from '@weft/client';
import { PROTOCOL_VERSION, encodeWeft } from '@weft/protocol';
import { type WeftServer, createWeftServer } from '@weft/server';
import type { Store } from '@weft/storage';
import { createMemoryDisk, openMemoryDevice } from '@weft/storage/device-memory';
import { openMemoryStore } from '@weft/storage/memory';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { signIn } from './support/sign-in.ts';
import { until } from './support/until.ts';

/** How far people have got, between our clients over real sockets. */

describe('receipts', () => {
  let server: WeftServer;
  let store: Store;
  let port = 0;
  const clients: Weft[] = [];

  beforeEach(async () => {
    store = await openMemoryStore();
    server = await createWeftServer({ store, secret: 'a secret for tests, longer than 32 bytes' });
    ({ port } = await server.listen(0, '127.0.0.1'));
  });
  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.close()));
    await server.close();
  });

  type Person = Awaited<ReturnType<typeof signIn>>;

  function open(person: Person, options: Partial<Parameters<typeof createWeft>[0]> = {}) {
    const { token, sub } = person;
    const url = `ws://127.0.0.1:${port}/sync`;
    const weft = createWeft({ url, token, person: { sub, name: sub }, ...options });
    clients.push(weft);
    return { weft, room: weft.conversation('general') };
  }

  it('[C8] a message is stored, delivered by being there, and read only by an explicit mark', async () => {
    const [ann, bea] = await Promise.all([signIn(port, 'Ann'), signIn(port, 'Bea')]);
    const { room } = open(ann);
    const id = await room.send('hello');
    const stored = () => {
      const item = room.timeline.get().find((each) => each.id === id);
      return item?.state === 'stored' ? item.message : undefined;
    };
    await until(room.timeline, () => stored() !== undefined);
    const message = stored();
    if (message === undefined) throw new Error('It is not there.');
    expect(progressOf(room.receipts.get(), message)).toBe('stored');
    const other = open(bea).room;
    await until(room.receipts, (all) => progressOf(all, message) === 'delivered');
    expect(other.unread.get()).toMatchObject({ count: 1, messages: [{ id, because: 'message' }] });
    other.markRead(id);
    expect(other.unread.get().count).toBe(0);
    await until(room.receipts, (all) => progressOf(all, message) === 'read');
    expect(seenBy(room.receipts.get(), message)).toMatchObject([{ person: bea.sub, name: 'Bea' }]);
    // One row for each member, and nothing in the log.
    expect(await store.registry.receipts('_', 'general')).toHaveLength(2);
    expect(await store.log.head('_/conversation/general')).toBe(1);
  });

  it('[C8] what was read without a network is read on the other device too, and survives a reload', async () => {
    const [ann, bea] = await Promise.all([signIn(port, 'Ann'), signIn(port, 'Bea')]);
    const { room } = open(bea);
    for (const text of ['one', 'two', 'three']) await room.send(text);
    const disk = createMemoryDisk();
    const laptop = open(ann, { store: openMemoryDevice(disk) });
    const phone = open(ann);
    await until(laptop.room.unread, ({ count }) => count === 3);
    await until(phone.room.unread, ({ count }) => count === 3);
    laptop.weft.disconnect();
    laptop.room.markRead(laptop.room.timeline.get()[1]?.id);
    expect(laptop.room.unread.get()).toMatchObject({ count: 1, after: 2 });
    await laptop.weft.close();
    const again = open(ann, { store: openMemoryDevice(disk), connect: false });
    await again.room.loaded;
    expect(again.room.unread.get()).toMatchObject({ count: 1, after: 2 });
    again.weft.connect();
    await until(phone.room.unread, ({ count, after }) => count === 1 && after === 2);
  });

  it('[C8] a mark beyond the newest message counts as far as there are messages', async () => {
    const ann = await signIn(port, 'Ann');
    const { room } = open(ann);
    await room.send('one');
    await until(room.timeline, (items) => items[0]?.state === 'stored');
    const { registry } = store;
    const socket = new WebSocket(`ws://127.0.0.1:${port}/sync`);
    socket.binaryType = 'arraybuffer';
    await new Promise((resolve) => {
      socket.onopen = resolve;
    });
    const bea = await signIn(port, 'Bea');
    const hello = {
      type: 'hello',
      protocol: PROTOCOL_VERSION,
      token: bea.token,
      device: 'd',
      build: 't',
    } as const;
    socket.send(encodeWeft(hello));
    socket.send(encodeWeft({ type: 'mark', conversation: 'general', delivered: 99, read: 99 }));
    await until(room.receipts, (all) => all.some(({ person }) => person === bea.sub));
    socket.close();
    expect(await registry.receipts('_', 'general')).toContainEqual({
      person: bea.sub,
      name: 'Bea',
      delivered: 1,
      read: 1,
    });
  });
});
