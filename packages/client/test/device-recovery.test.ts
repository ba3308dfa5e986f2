import { WeftError, isOutboxEntry } from '@weft/protocol';
import { type DeviceStore, deviceStatus } from '@weft/storage';
import { type MemoryDisk, createMemoryDisk, openMemoryDevice } from '@weft/storage/device-memory';
import { describe, expect, it, vi } from 'vitest';
import type { DocumentHandle } from '../src/index.ts';
import { bench, untilDoc, untilState } from './kit/setup.ts';

const ADDRESS = 'document/spec';
const textOf = (handle: DocumentHandle) => handle.doc.getText('content').toJSON();
const type = (handle: DocumentHandle, text: string) =>
  handle.doc.getText('content').insert(handle.doc.getText('content').length, text);

/** A device that does nothing at all while it fails, and says so. */
function failingDevice(disk: MemoryDisk): { readonly store: DeviceStore; mend(): void } {
  const inner = openMemoryDevice(disk);
  const status = deviceStatus({ state: 'opening' });
  let failing = true;
  const run = async <T>(call: () => Promise<T>): Promise<T> => {
    if (failing) {
      status.set({ state: 'memory-only', reason: 'full' });
      throw new WeftError('device-failed');
    }
    const result = await call();
    status.set({ state: 'durable' });
    return result;
  };
  const store: DeviceStore = {
    ...inner,
    status,
    load: (document) => run(() => inner.load(document)),
    append: (update) => run(() => inner.append(update)),
    pending: () => run(() => inner.pending()),
    get: (key) => run(() => inner.get(key)),
    set: (key, value) => run(() => inner.set(key, value)),
    claim: (key, value) => run(() => inner.claim(key, value)),
    outbox: (isEntry) => run(() => inner.outbox(isEntry)),
    outboxSize: () => run(() => inner.outboxSize()),
    enqueue: (...args) => run(() => inner.enqueue(...args)),
  };
  return {
    store,
    mend: () => {
      failing = false;
    },
  };
}

describe('a device that fails', () => {
  it('[D2] once, and says nothing of it, is handed the same again though nobody types', async () => {
    const inner = openMemoryDevice();
    let failures = 1;
    const append: DeviceStore['append'] = (update) => {
      if (failures === 0) return inner.append(update);
      failures -= 1;
      return Promise.reject(new WeftError('device-failed'));
    };
    const { weft, env } = bench({ store: { ...inner, append }, connect: false });
    const handle = weft.document('spec');
    await handle.loaded;
    type(handle, 'a');
    await weft.flush();
    expect(handle.status.get()).toEqual({ state: 'unsaved', waiting: 1 });
    env.advance(15_000);
    await untilState(handle.status, 'local');
    expect((await inner.load(ADDRESS)).unstored).toBe(1);
    expect(env.timers).toBe(0);
  });

  it('[D2] opens and types, says why nothing is kept, and the server still gets all of it', async () => {
    const { store } = failingDevice(createMemoryDisk());
    const { weft, server } = bench({ store });
    const handle = weft.document('spec');
    await handle.loaded;
    expect(weft.storage.get()).toEqual({ state: 'memory-only', reason: 'full' });
    type(handle, 'a');
    await server.write();
    expect(handle.status.get()).toEqual({ state: 'unsaved', waiting: 1 });
    server.socket.store();
    await untilState(handle.status, 'stored');
  });

  it('[D2] once it keeps things again, what it held comes up and what it could not keep is kept, unasked', async () => {
    const disk = createMemoryDisk();
    const before = bench({ disk, connect: false });
    const earlier = before.weft.document('spec');
    await earlier.loaded;
    type(earlier, 'earlier ');
    await before.weft.close();

    const { store, mend } = failingDevice(disk);
    const { weft, env } = bench({ store, connect: false });
    const handle = weft.document('spec');
    await handle.loaded;
    type(handle, 'now');
    expect(textOf(handle)).toBe('now');
    await weft.flush();
    expect(handle.status.get()).toEqual({ state: 'unsaved', waiting: 1 });
    mend();
    env.advance(15_000);
    await untilDoc(handle.doc, () => textOf(handle).length > 3);
    await untilState(handle.status, 'local');
    expect(weft.storage.get()).toEqual({ state: 'durable' });
    expect(handle.status.get()).toEqual({ state: 'local', waiting: 2 });
    expect(
      textOf(handle)
        .split(/(?<= )|(?=earlier)/)
        .toSorted(),
    ).toEqual(['earlier ', 'now']);
    expect(await openMemoryDevice(disk).load(ADDRESS)).toMatchObject({ local: 2, unstored: 2 });
  });

  it('[D2] what it could not give is sent to the server like all other work', async () => {
    const disk = createMemoryDisk();
    const before = bench({ disk, connect: false });
    const earlier = before.weft.document('spec');
    await earlier.loaded;
    type(earlier, 'earlier');
    await before.weft.close();

    const { store, mend } = failingDevice(disk);
    const { weft, env, server } = bench({ store });
    server.commits = true;
    const handle = weft.document('spec');
    await handle.synced;
    mend();
    env.advance(15_000);
    await untilDoc(handle.doc, () => textOf(handle) === 'earlier');
    await untilState(handle.status, 'stored');
    await weft.flush();
    expect(server.doc(ADDRESS).getText('content').toJSON()).toBe('earlier');
    expect(await openMemoryDevice(disk).pending()).toEqual([]);
  });
});

describe('the last message of a tab', () => {
  it('[C7] counts as unsaved from the turn in which it is sent until the device has it, and a flush waits for it', async () => {
    const store = openMemoryDevice();
    let write: (() => void) | undefined;
    const slow: DeviceStore = {
      ...store,
      enqueue: async (...entry) => {
        await new Promise<void>((resolve) => (write = resolve));
        return store.enqueue(...entry);
      },
    };
    const { weft } = bench({ store: slow, connect: false });
    const room = weft.conversation('general');
    await room.loaded;
    const sent = room.send('in the last moment');
    expect(weft.unsavedMessages.get()).toBe(1);
    let flushed = false;
    const flush = weft.flush().then(() => {
      flushed = true;
    });
    await vi.waitFor(() => expect(write).toBeDefined());
    expect(flushed).toBe(false);
    write?.();
    await Promise.all([sent, flush]);
    expect(weft.unsavedMessages.get()).toBe(0);
    expect(await store.outbox(isOutboxEntry)).toHaveLength(1);
  });

  it('[C7] is unsaved until the server has it where the device keeps nothing', async () => {
    const store = openMemoryDevice();
    const full: DeviceStore = {
      ...store,
      enqueue: () => Promise.reject(new WeftError('device-failed')),
    };
    const { weft, server } = bench({ store: full, connect: false });
    const room = weft.conversation('general');
    await room.loaded;
    const sent = room.send('kept by nobody yet');
    await weft.flush();
    expect(weft.unsavedMessages.get()).toBe(1);
    weft.connect();
    await untilState(weft.connection, 'online');
    await server.until(() => server.socket.commands.length === 1);
    server.socket.say({
      type: 'ack',
      id: server.socket.commands[0]?.id ?? '',
      result: { outcome: 'stored', event: 1, sequence: 1, at: 1_800_000_000_000 },
    });
    await sent;
    expect(weft.unsavedMessages.get()).toBe(0);
  });
});
