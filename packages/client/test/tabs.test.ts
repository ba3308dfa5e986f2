import { WeftError, contentHash, isOutboxEntry } from '@weft/protocol';
import { createMemoryDisk, openMemoryDevice } from '@weft/storage/device-memory';
import { createTabHub } from '@weft/testkit/sim';
import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import type { DocumentHandle } from '../src/index.ts';
import { door } from './kit/door.ts';
import { ScriptedServer, type ServerSocket } from './kit/scripted-server.ts';
import { type Bench, type BenchOptions, bench, until, untilDoc, untilState } from './kit/setup.ts';

const ADDRESS = 'document/spec';
const textOf = (doc: Y.Doc) => doc.getText('content').toJSON();
const write = (handle: DocumentHandle, text: string) => {
  const content = handle.doc.getText('content');
  content.insert(content.length, text);
};
const shows = (handle: DocumentHandle, text: string) =>
  untilDoc(handle.doc, () => textOf(handle.doc) === text);

/** Tabs on one device, in one browser. */
function browser() {
  const hub = createTabHub();
  const disk = createMemoryDisk();
  const server = new ScriptedServer();
  server.shows = true;
  server.confirms = true;
  const open = (options: BenchOptions = {}) => {
    const tab = hub.tab();
    const made = bench({ server, disk, tab, ...options });
    return { ...made, kill: () => tab.kill() };
  };
  return { disk, server, open };
}

/** Opens the document in a tab, and waits until the device is read. */
async function opened({ weft }: Bench): Promise<DocumentHandle> {
  const handle = weft.document('spec');
  await handle.loaded;
  return handle;
}

async function settled(...tabs: readonly Bench[]): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) {
    await Promise.all(tabs.map(({ weft }) => weft.flush()));
  }
}

/** Every struct that sockets brought to the server, by client and clock. */
function brought(sockets: readonly ServerSocket[]): string[] {
  return sockets.flatMap(({ received }) =>
    received.flatMap(({ bytes }) =>
      Y.decodeUpdate(bytes).structs.flatMap(({ id, length }) =>
        Array.from({ length }, (_, at) => `${id.client}:${id.clock + at}`),
      ),
    ),
  );
}

describe('documents in two tabs', () => {
  it('[D1] [D2] without any server: both show both, the device keeps each change once, both read local', async () => {
    const { open, disk } = browser();
    const [a, b] = [open({ connect: false }), open({ connect: false })];
    const [one, two] = [await opened(a), await opened(b)];
    write(one, 'a');
    await shows(two, 'a');
    write(two, 'b');
    await shows(one, 'ab');
    await settled(a, b);
    expect(contentHash(one.doc)).toBe(contentHash(two.doc));
    expect(disk.records.size).toBe(2);
    for (const { status } of [one, two])
      expect(status.get()).toEqual({ state: 'local', waiting: 2 });
    expect([a.weft.pending.get(), b.weft.pending.get()]).toEqual([1, 1]);
    const third = await opened(open({ connect: false }));
    expect(textOf(third.doc)).toBe('ab');
    expect(third.status.get()).toEqual({ state: 'local', waiting: 2 });
  });

  it('[D1] a tab that opens tells the others what the device holds, and its author had no time to tell', async () => {
    const { open } = browser();
    const deaf = createTabHub().tab();
    const [a, b] = [open({ connect: false, tab: deaf }), open({ connect: false })];
    const [one, two] = [await opened(a), await opened(b)];
    write(one, 'a');
    await settled(a, b);
    expect(textOf(two.doc)).toBe('');
    const third = await opened(open({ connect: false }));
    await shows(two, 'a');
    write(third, 'b');
    await shows(two, 'ab');
    expect(two.status.get()).toEqual({ state: 'local', waiting: 2 });
  });

  it('[D7] each tab writes under a client id of its own, a duplicated one too', async () => {
    const { open } = browser();
    const handles = await Promise.all([1, 2, 3].map(() => opened(open({ connect: false }))));
    expect(new Set(handles.map(({ doc }) => doc.clientID)).size).toBe(3);
  });

  it('[D2] no tab reads stored before the server has what another one wrote', async () => {
    const { open, server } = browser();
    const [a, b] = [open(), open()];
    const [one, two] = [await opened(a), await opened(b)];
    await Promise.all([one.synced, two.synced]);
    write(one, 'a');
    await shows(two, 'a');
    expect(two.status.get()).toEqual({ state: 'local', waiting: 1 });
    const author = server.sockets.find(({ writes }) => writes.length > 0);
    author?.store();
    await Promise.all([untilState(one.status, 'stored'), untilState(two.status, 'stored')]);
    expect(brought(server.sockets)).toHaveLength(1);
  });

  it('what comes from the server is kept by one of them', async () => {
    const { open, server, disk } = browser();
    const [a, b] = [open(), open()];
    const [one, two] = [await opened(a), await opened(b)];
    await Promise.all([one.synced, two.synced]);
    const bytes: Uint8Array[] = [];
    const doc = server.doc(ADDRESS);
    doc.on('update', (update: Uint8Array) => bytes.push(update));
    for (let at = 0; at < 10; at += 1) doc.getText('content').insert(at, String(at));
    for (const update of bytes)
      for (const socket of server.sockets) socket.sendUpdate(ADDRESS, update);
    await Promise.all([shows(one, '0123456789'), shows(two, '0123456789')]);
    for (const { env } of [a, b]) env.advance(500);
    await a.weft.flush();
    for (const { env } of [a, b]) env.advance(2_000);
    await settled(a, b);
    const kept = [...disk.records.values()].reduce(
      (sum, record) => sum + Y.decodeUpdate(record.bytes).structs.length,
      0,
    );
    // One struct per record that was merged from frames of one turn, and no second copy of any.
    const clocks = [...disk.records.values()].flatMap(({ bytes: kept }) =>
      Y.decodeUpdate(kept).structs.map(({ id }) => id.clock),
    );
    expect(new Set(clocks).size).toBe(kept);
    const third = await opened(open({ connect: false }));
    expect(textOf(third.doc)).toBe('0123456789');
  });

  it('[D2] is kept by the other one where the lead has the document not open', async () => {
    const { open, server } = browser();
    const lead = open();
    const b = open();
    const two = await opened(b);
    await two.synced;
    server.edit(ADDRESS, (doc) => doc.getText('content').insert(0, 'x'));
    await shows(two, 'x');
    b.env.advance(1_000);
    await settled(lead, b);
    const third = await opened(open({ connect: false }));
    expect(textOf(third.doc)).toBe('x');
  });

  it('[D2] offline work of two tabs is brought once', async () => {
    const { open, server, disk } = browser();
    const [a, b] = [open({ connect: false }), open({ connect: false })];
    const [one, two] = [await opened(a), await opened(b)];
    for (let times = 0; times < 20; times += 1) {
      write(times % 2 === 0 ? one : two, 'x');
      await settled(a, b);
    }
    server.commits = true;
    a.weft.connect();
    b.weft.connect();
    await Promise.all([untilState(one.status, 'stored'), untilState(two.status, 'stored')]);
    expect(textOf(server.doc(ADDRESS))).toBe('x'.repeat(20));
    expect(brought(server.sockets)).toHaveLength(20);
    await settled(a, b);
    expect(disk.unstored.size).toBe(0);
  });

  it('[D2] a tab that is killed leaves its unsent work to the other, which brings it within seconds', async () => {
    const { open, server, disk } = browser();
    server.commits = true;
    const [a, b] = [open({ connect: false }), open()];
    const [one, two] = [await opened(a), await opened(b)];
    await two.synced;
    write(one, 'a');
    await shows(two, 'a');
    a.kill();
    expect(two.status.get()).toEqual({ state: 'local', waiting: 1 });
    b.env.advance(5_000);
    await untilState(two.status, 'stored');
    expect(textOf(server.doc(ADDRESS))).toBe('a');
    await settled(b);
    expect(disk.unstored.size).toBe(0);
  });

  it('[D2] what the device cannot keep the other tab shows and brings too, and does not call local', async () => {
    const { open, server, disk } = browser();
    const failing = openMemoryDevice(disk);
    const append = () => Promise.reject(new Error('No room.'));
    const a = open({ connect: false, store: { ...failing, append } });
    const b = open({ connect: false, store: { ...openMemoryDevice(disk), append } });
    const [one, two] = [await opened(a), await opened(b)];
    write(one, 'a');
    await shows(two, 'a');
    await settled(a, b);
    for (const { status } of [one, two]) {
      expect(status.get()).toEqual({ state: 'unsaved', waiting: 1 });
    }
    // A tab that opens later gets it from those that have it.
    const c = open({ connect: false });
    const three = await opened(c);
    await shows(three, 'a');
    server.commits = true;
    c.weft.connect();
    await untilState(three.status, 'stored');
    expect(textOf(server.doc(ADDRESS))).toBe('a');
  });

  it('[D1] another history makes what another tab wrote not stored again', async () => {
    const { open, server } = browser();
    server.commits = true;
    const [a, b] = [open(), open()];
    const [one, two] = [await opened(a), await opened(b)];
    await Promise.all([one.synced, two.synced]);
    write(one, 'a');
    await shows(two, 'a');
    await untilState(two.status, 'stored');
    server.docs.clear();
    server.welcome = { ...server.welcome, epoch: 2 };
    a.kill();
    a.weft.disconnect();
    server.commits = false;
    server.sockets.at(-1)?.cut();
    b.env.advance(30_000);
    await server.write();
    expect(two.status.get().state).toBe('local');
    server.socket.store();
    await untilState(two.status, 'stored');
    expect(textOf(server.doc(ADDRESS))).toBe('a');
  });

  it('[D1] what is refused of one leaves the other too, and both list it', async () => {
    const { open, server } = browser();
    door(server);
    const [a, b] = [open(), open()];
    const [one, two] = [await opened(a), await opened(b)];
    await Promise.all([one.synced, two.synced]);
    write(one, 'bad');
    await shows(two, 'bad');
    await Promise.all([
      until(one.copy, ({ number }) => number > 1),
      until(two.copy, ({ number }) => number > 1),
    ]);
    await settled(a, b);
    for (const handle of [one, two]) {
      await untilState(handle.status, 'stored');
      expect(textOf(handle.doc)).toBe('');
    }
    for (const { weft } of [a, b]) {
      const [refusal] = await until(weft.refusals, (list) => list.length === 1);
      expect(refusal?.text).toBe('bad');
    }
    await a.weft.discard(a.weft.refusals.get()[0]?.id ?? '');
    await until(b.weft.refusals, (list) => list.length === 0);
  });
});

describe('presence in two tabs', () => {
  it('is shown without a server, and ends when a tab leaves', async () => {
    const { open } = browser();
    const [a, b] = [open({ connect: false }), open({ connect: false })];
    const [one, two] = [await opened(a), await opened(b)];
    const states = (handle: DocumentHandle) =>
      [...handle.awareness.getStates().values()].flatMap(({ name }) =>
        name === undefined ? [] : [name],
      );
    const sees = (handle: DocumentHandle, ...names: string[]) =>
      new Promise<void>((resolve) => {
        const check = () => {
          if (
            JSON.stringify(
              states(handle).toSorted((a, b) => String(a).localeCompare(String(b))),
            ) !== JSON.stringify(names)
          )
            return;
          handle.awareness.off('change', check);
          resolve();
        };
        handle.awareness.on('change', check);
        check();
      });
    one.awareness.setLocalStateField('name', 'one');
    await sees(two, 'one');
    two.awareness.setLocalStateField('name', 'two');
    b.env.advance(50);
    await sees(one, 'one', 'two');
    const three = await opened(open({ connect: false }));
    await sees(three, 'one', 'two');
    one.close();
    await sees(two, 'two');
  });
});

describe('the outbox in two tabs', () => {
  it('[C3] [C7] the lead alone sends; when it closes, the other goes on at once', async () => {
    const { open, server } = browser();
    const [a, b] = [open(), open()];
    await Promise.all([
      untilState(a.weft.connection, 'online'),
      untilState(b.weft.connection, 'online'),
    ]);
    const [room, other] = [a.weft.conversation('general'), b.weft.conversation('general')];
    await Promise.all([room.loaded, other.loaded]);
    const id = await other.send('from the second');
    await server.until(() => server.sockets.some(({ commands }) => commands.length > 0));
    const sent = () => server.sockets.map(({ commands }) => commands.map((command) => command.id));
    expect(sent()).toEqual([[id], []]);
    // Both lists have it.
    await until(room.timeline, (list) => list.length === 1);
    await a.weft.close();
    await server.until(() => server.sockets[1]?.commands.length === 1);
    expect(sent()).toEqual([[id], [id]]);
  });

  it('[C7] what the device would not keep of a tab is sent by that tab, though another leads', async () => {
    const { open, server, disk } = browser();
    const memory = openMemoryDevice(disk);
    const enqueue = () => Promise.reject(new WeftError('device-failed'));
    const a = open();
    await untilState(a.weft.connection, 'online');
    const b = open({ store: { ...memory, enqueue } });
    await untilState(b.weft.connection, 'online');
    const room = b.weft.conversation('general');
    await room.loaded;
    let safe = false;
    const sent = room.send('in memory only').then(() => {
      safe = true;
    });
    await server.until(() => server.sockets[1]?.commands.length === 1);
    expect(safe).toBe(false);
    const id = server.sockets[1]?.commands[0]?.id ?? '';
    server.sockets[1]?.say({
      type: 'ack',
      id,
      result: { outcome: 'stored', event: 1, sequence: 1, at: 1 },
    });
    await sent;
    expect(server.sockets[0]?.commands).toEqual([]);
  });

  it('[C5] [C7] a device that keeps things again is given what it did not keep, in order', async () => {
    const { open, server, disk } = browser();
    const memory = openMemoryDevice(disk);
    let failing = true;
    const b = open({
      connect: false,
      store: {
        ...memory,
        enqueue: (...how) =>
          failing ? Promise.reject(new WeftError('device-failed')) : memory.enqueue(...how),
      },
    });
    const room = b.weft.conversation('general');
    await room.loaded;
    const first = room.send('first');
    await until(room.timeline, (list) => list.length === 1);
    failing = false;
    // Neither was with the server: both are safe, since the device has both.
    await Promise.all([first, room.send('second')]);
    expect(server.sockets).toEqual([]);
    const texts = (await memory.outbox(isOutboxEntry)).map(({ command: { action } }) =>
      action.type === 'send' ? action.body.text : action.type,
    );
    expect(texts).toEqual(['first', 'second']);
  });

  it('[C7] what waits outlives the storage of its device being cleared, in the tab that has it still', async () => {
    const { open, server, disk } = browser();
    const [a, b] = [open(), open()];
    await Promise.all([
      untilState(a.weft.connection, 'online'),
      untilState(b.weft.connection, 'online'),
    ]);
    const [room, other] = [a.weft.conversation('general'), b.weft.conversation('elsewhere')];
    await Promise.all([room.loaded, other.loaded]);
    const sent = () => server.sockets[0]?.commands ?? [];
    const texts = (conversation: string) =>
      sent().flatMap(({ action, ...command }) =>
        command.conversation === conversation && action.type === 'send' ? action.body.text : [],
      );
    await room.send('first');
    await room.send('second');
    await server.until(() => sent().length === 1);
    disk.outbox.clear();
    // By this the other one hears that something has changed.
    await other.send('third');
    for (let sequence = 1; sequence <= 3; sequence += 1) {
      await server.until(() => sent().length > sequence - 1);
      const id = sent()[sequence - 1]?.id ?? '';
      const result = { outcome: 'stored', event: sequence, sequence, at: sequence } as const;
      server.sockets[0]?.say({ type: 'ack', id, result });
    }
    expect(texts('general')).toEqual(['first', 'second']);
    expect(texts('elsewhere')).toEqual(['third']);
    await until(room.timeline, (list) => list.every(({ state }) => state !== 'failed'));
    await a.weft.flush();
    expect(await openMemoryDevice(disk).outbox(isOutboxEntry)).toEqual([]);
  });

  it('[C7] a failure is shown in both, and a dismissal too', async () => {
    const { open, server } = browser();
    const [a, b] = [open(), open()];
    await Promise.all([
      untilState(a.weft.connection, 'online'),
      untilState(b.weft.connection, 'online'),
    ]);
    const [room, other] = [a.weft.conversation('general'), b.weft.conversation('general')];
    await Promise.all([room.loaded, other.loaded]);
    const id = await other.send('no');
    await server.until(() => server.sockets[0]?.commands.length === 1);
    const result = { outcome: 'refused', code: 'message-too-long', message: 'No.' } as const;
    server.sockets[0]?.say({ type: 'ack', id, result });
    await until(other.timeline, (list) => list[0]?.state === 'failed');
    await other.dismiss(id);
    await until(room.timeline, (list) => list.length === 0);
  });

  it('a lead that disconnects, or is not let in, leaves it to the other', async () => {
    const { open, server } = browser();
    const [a, b] = [open(), open()];
    await Promise.all([
      untilState(a.weft.connection, 'online'),
      untilState(b.weft.connection, 'online'),
    ]);
    a.weft.disconnect();
    await b.weft.conversation('general').send('x');
    await server.until(() => server.sockets[1]?.commands.length === 1);
    a.weft.connect();
    await untilState(a.weft.connection, 'online');
    server.sockets[1]?.say({ type: 'bye', code: 'token-invalid', message: 'No.' });
    await server.until(() => server.sockets[2]?.commands.length === 1);
  });
});
