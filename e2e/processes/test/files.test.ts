import { type ConversationHandle, type WeftOptions, createWeft } from '@weft/client';
import { type MessageFile, type OutboxEntry, type TimelineItem } from '@weft/protocol';
import { type MemoryFilesDisk, openMemoryFiles } from '@weft/storage/device-files-memory';
import { createMemoryDisk, openMemoryDevice } from '@weft/storage/device-memory';
import { expect, it, onTestFinished, vi } from 'vitest';
import { signIn } from '../src/people.ts';
import { seeded } from '../src/random.ts';
import { until } from '../src/until.ts';
import { startServer, temporaryDirectory } from './kit.ts';

// Each test starts processes: on a busy machine one takes seconds to begin.
vi.setConfig({ testTimeout: 60_000 });

const PNG = Uint8Array.from({ length: 300_000 }, (_, at) =>
  at < 8 ? (Buffer.from('89504e470d0a1a0a', 'hex')[at] ?? 0) : (at * 31) % 251,
);
const picture = { name: 'a/b.png', content: new Blob([PNG], { type: 'image/png' }) };

/** Somebody with a device that keeps files, too, across reloads. */
async function device(url: string, name: string) {
  const { token, sub } = await signIn(url, name);
  const disk = createMemoryDisk();
  const files: MemoryFilesDisk = new Map();
  const open = (options: Partial<WeftOptions> = {}) => {
    const weft = createWeft({
      url: `${url}/sync`,
      token,
      person: { sub, name },
      store: openMemoryDevice(disk),
      files: openMemoryFiles(files),
      env: { random: seeded(sub.length + name.length) },
      ...options,
    });
    onTestFinished(() => weft.close());
    return { weft, room: weft.conversation('general') };
  };
  return { open, disk, files };
}

const fileOf = (item: TimelineItem | undefined): MessageFile | undefined =>
  item?.state === 'stored'
    ? item.message.body.files?.[0]
    : item?.entry.command.action.body.files?.[0];

/** What the client wrote is read as it is. */
const isEntry = (_value: unknown): _value is OutboxEntry => true;

const stored = (room: ConversationHandle, count: number) =>
  until(room.timeline, (items) => items.filter(({ state }) => state === 'stored').length === count);

it('[B5] a file sent without a network survives a reload, arrives before its message, and leaves the device', async () => {
  const { url } = await startServer(temporaryDirectory());
  const ann = await device(url, 'Ann');
  const bea = (await device(url, 'Bea')).open();

  const offline = ann.open({ connect: false });
  await Promise.all([
    offline.room.send('', { files: [picture] }),
    // Said behind it while its file is still being kept: it stays behind it (law C5).
    offline.room.send('And words'),
  ]);
  const hash = fileOf(offline.room.timeline.get()[0])?.hash ?? '';
  expect(fileOf(offline.room.timeline.get()[0])).toMatchObject({
    name: 'a_b.png',
    type: 'image/png',
    bytes: PNG.length,
  });
  expect(new Uint8Array(await (await offline.room.openFile(hash)).arrayBuffer())).toEqual(PNG);
  await offline.weft.close();
  expect([...ann.files.keys()]).toEqual([hash]);

  const online = ann.open();
  const [first, second] = await stored(bea.room, 2);
  expect(fileOf(first)?.hash).toBe(hash);
  expect(second).toMatchObject({ message: { body: { text: 'And words' } } });
  const seen = await bea.room.openFile(hash);
  expect(seen.type).toBe('image/png');
  expect(new Uint8Array(await seen.arrayBuffer())).toEqual(PNG);
  await stored(online.room, 2);
  await vi.waitFor(() => expect(ann.files.size).toBe(0), { timeout: 20_000 });
  expect(online.room.uploads.get().size).toBe(0);
});

it('[C7] [B1] what the server will never take is shown as failed, and the queue goes on', async () => {
  const { url } = await startServer(temporaryDirectory(), { WEFT_FILE_MB: '1' });
  const ann = await device(url, 'Ann');
  const { room } = ann.open();
  const large = { name: 'large.bin', content: new Blob([new Uint8Array(1_100_000)]) };
  await room.send('Too much', { files: [large] });
  await room.send('And on');
  await stored(room, 1);
  const [, failed] = await until(
    room.timeline,
    (items) => items.length === 2 && items.some(({ state }) => state === 'failed'),
  );
  expect(failed).toMatchObject({ state: 'failed', reason: expect.stringMatching(/larger/) });
  // It may be tried again: its bytes are kept until it is dismissed.
  expect(ann.files.size).toBe(1);
  await room.dismiss(failed?.id ?? '');
  await vi.waitFor(() => expect(ann.files.size).toBe(0), { timeout: 20_000 });
});

it('[C7] a message whose bytes are gone from the device fails, unless the server has it', async () => {
  const { url } = await startServer(temporaryDirectory());
  const ann = await device(url, 'Ann');
  const offline = ann.open({ connect: false });
  await offline.room.send('With a picture', { files: [picture] });
  await offline.weft.close();
  const store = openMemoryDevice(ann.disk);
  const [entry] = await store.outbox(isEntry);
  if (entry === undefined) throw new Error('Nothing waits.');
  const kept = new Map(ann.files);
  ann.files.clear();

  const without = ann.open();
  const [failed] = await until(without.room.timeline, ([item]) => item?.state === 'failed');
  expect(failed).toMatchObject({ reason: expect.stringMatching(/on this device no more/) });
  for (const [hash, file] of kept) ann.files.set(hash, file);
  await without.room.retry(failed?.id ?? '');
  const [item] = await stored(without.room, 1);
  await vi.waitFor(() => expect(ann.files.size).toBe(0), { timeout: 20_000 });
  await without.weft.close();

  // Its ack was not kept by the device: it is asked for once more, without any bytes.
  if (item?.state !== 'stored') throw new Error('It is not stored.');
  const command = { ...entry.command, id: item.id };
  await store.enqueue('general', () => ({ command, state: { state: 'queued' } }));
  const again = ann.open();
  await stored(again.room, 1);
  await vi.waitFor(async () => expect(await store.outbox(isEntry)).toEqual([]), {
    timeout: 20_000,
  });
  expect(again.room.timeline.get()).toHaveLength(1);
});

it('[B5] an upload that meets no server, or one that fails for now, is made again', async () => {
  const { url } = await startServer(temporaryDirectory());
  const ann = await device(url, 'Ann');
  const asked: string[] = [];
  const answers = [
    () => Promise.reject(new Error('the network is gone')),
    () => Promise.resolve({ status: 503, body: new Blob(['{"code":"storage-failed"}']) }),
    () => Promise.resolve({ status: 502, body: new Blob(['<html>']) }),
  ];
  const { room } = ann.open({
    env: {
      random: () => 0,
      transfer: async ({ method, url: to, token, body }) => {
        asked.push(method);
        const answer = answers.shift();
        if (answer !== undefined) return answer();
        const headers = { authorization: `Bearer ${token}`, 'content-type': 'image/png' };
        const response = await fetch(to, { method, headers, ...(body && { body }) });
        return { status: response.status, body: await response.blob() };
      },
    },
  });
  await room.send('At last', { files: [picture] });
  await stored(room, 1);
  expect(asked).toEqual(['PUT', 'PUT', 'PUT', 'PUT']);
});
