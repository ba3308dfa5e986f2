import { PART_BYTES, SEGMENT_ROOT, WeftError } from '@weft/protocol';
import { createMemoryDisk, openMemoryDevice } from '@weft/storage/device-memory';
import { describe, expect, it } from 'vitest';
import { Awareness, encodeAwarenessUpdate } from 'y-protocols/awareness';
import * as Y from 'yjs';
import { loadParts } from '../src/index.ts';
import { mulberry32 } from './kit/manual-env.ts';
import { ScriptedServer } from './kit/scripted-server.ts';
import { SessionDoor } from './kit/session-door.ts';
import { type Bench, type BenchOptions, bench, untilDoc, untilState } from './kit/setup.ts';

const SPEC = 'document/spec';

interface Cut extends Bench {
  readonly door: SessionDoor;
}

function setup(options: BenchOptions = {}): Cut {
  const server = options.server ?? new ScriptedServer();
  const door = new SessionDoor(server);
  return { ...bench({ ...options, server, dial: door.connect }), door };
}

/** A client with one document, up to date. */
async function opened(options: BenchOptions = {}) {
  const all = setup(options);
  const handle = all.weft.document('spec');
  await handle.synced;
  const text = handle.doc.getText('content');
  const theirs = () => all.server.doc(SPEC).getText('content').toJSON();
  return { ...all, handle, text, theirs };
}

/** Time passes until something holds; returns how much. What is under way travels in microtasks. */
async function passUntil({ env }: Bench, holds: () => boolean, most = 120_000): Promise<number> {
  for (let passed = 0; passed <= most; passed += 100) {
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
    if (holds()) return passed;
    env.advance(100);
  }
  throw new Error('It did not come to pass.');
}

/** Time passes until the connection calls itself so. */
function pass(all: Bench, state: string): Promise<number> {
  return passUntil(all, () => all.weft.connection.get().state === state);
}

describe('a session', () => {
  it('[S1] numbers every frame, and none is longer than a part', async () => {
    const { door, server, text } = await opened();
    text.insert(0, 'long '.repeat(50_000));
    const { bytes } = await server.write();
    expect(bytes.length).toBeGreaterThan(3 * PART_BYTES);
    const data = door.link.heard.filter((frame) => frame.type === 'data');
    expect(data.map(({ sequence }) => sequence)).toEqual(data.map((_, index) => index + 1));
    expect(Math.max(...data.map(({ payload }) => payload.length))).toBe(PART_BYTES);
  });

  it('is not used where the server chose none: frames stand for themselves, and a cut ends them', async () => {
    const all = setup();
    all.door.protocol = '';
    const handle = all.weft.document('spec');
    await handle.synced;
    all.server.socket.cut();
    expect(all.weft.connection.get()).toEqual({ state: 'offline' });
    await pass(all, 'online');
    expect(all.server.sockets.map(({ step1s }) => step1s)).toEqual([[SPEC], [SPEC]]);
  });
});

describe('a cut', () => {
  it('[S3] of five seconds costs no sign-in and no state vector, and brings what was missed in both directions', async () => {
    const all = await opened();
    const { door, env, handle, server, text, theirs, weft } = all;
    const phases = [handle.phase.get()];
    handle.phase.subscribe(() => phases.push(handle.phase.get()));
    door.reachable = false;
    door.link.cut();
    expect(weft.connection.get()).toEqual({ state: 'connecting' });
    text.insert(0, 'mine ');
    server.edit(SPEC, (doc) => doc.getText('content').insert(0, 'yours '));
    await weft.flush();
    env.advance(4_000);
    // What nobody acknowledged is not stored, whatever the socket says.
    expect(handle.status.get()).toEqual({ state: 'local', waiting: 1 });
    expect(server.socket.writes).toEqual([]);
    door.reachable = true;
    await pass(all, 'online');
    await untilDoc(handle.doc, () => text.toJSON().includes('yours'));
    await server.write();
    server.socket.store();
    await untilState(handle.status, 'stored');
    expect(theirs()).toBe(text.toJSON());
    expect(server.sockets).toHaveLength(1);
    const { hellos, asked, step1s, received } = server.socket;
    expect([hellos.length, asked.length, step1s.length, received.length]).toEqual([1, 1, 1, 1]);
    expect(phases).toEqual(['synced']);
  });

  it('[S3] is over once everything that was missed is here: online is not said before', async () => {
    const all = await opened();
    const { door, server, text, weft } = all;
    door.link.cut();
    for (let n = 0; n < 20; n += 1) {
      server.edit(SPEC, (doc) => doc.getText('content').insert(0, 'x'.repeat(10_000)));
    }
    const seen: number[] = [];
    weft.connection.subscribe(() => {
      if (weft.connection.get().state === 'online') seen.push(text.length);
    });
    await pass(all, 'online');
    expect(seen).toEqual([200_000]);
  });

  it('[S3] in the moment of the welcome is no connection: online is not said of a link that is gone', async () => {
    const disk = createMemoryDisk();
    const device = openMemoryDevice(disk);
    let read: () => void = () => undefined;
    const slow = new Promise<void>((resolve) => {
      read = resolve;
    });
    let asked = false;
    const all = setup({
      store: {
        ...device,
        history: async () => {
          asked = true;
          await slow;
          return device.history();
        },
      },
    });
    const { door, weft } = all;
    const states: string[] = [];
    await passUntil(all, () => asked);
    door.reachable = false;
    door.link.cut();
    read();
    // The welcome is weighed in microtasks from here on.
    for (let turn = 0; turn < 50; turn += 1) await Promise.resolve();
    weft.connection.subscribe(() => states.push(weft.connection.get().state));
    expect(weft.connection.get().state).toBe('connecting');
    all.env.advance(5_000);
    expect(states).not.toContain('online');
    door.reachable = true;
    await pass(all, 'online');
    expect(all.server.sockets).toHaveLength(1);
  });

  it('[S2] [S3] in the middle of a message in parts: the rest follows, and the server has it once', async () => {
    const all = await opened();
    const { door, handle, server, text, theirs } = all;
    door.link.cutAfter(2);
    text.insert(0, 'long '.repeat(50_000));
    await pass(all, 'connecting');
    expect(server.socket.writes).toEqual([]);
    await passUntil(all, () => server.socket.writes.length > 0);
    server.socket.store();
    await untilState(handle.status, 'stored');
    expect(theirs()).toBe(text.toJSON());
    expect(server.socket.received).toHaveLength(1);
    expect(server.sockets).toHaveLength(1);
  });

  it('[S3] that takes an answer with it: stored is not said before it has come after all, and nothing is sent twice', async () => {
    const all = await opened();
    const { door, handle, server, text, weft } = all;
    text.insert(0, 'a');
    await server.write();
    door.link.mute('down');
    server.socket.store();
    await weft.flush();
    expect(handle.status.get()).toMatchObject({ waiting: 1 });
    door.link.cut();
    await pass(all, 'online');
    await untilState(handle.status, 'stored');
    expect(server.socket.received).toHaveLength(1);
  });

  it.each(['up', 'down', 'both'] as const)(
    '[S2] a half-open link, silent %s, is found within 20 s, and the session goes on on another',
    async (way) => {
      const all = await opened();
      const { door, handle, server, text, theirs } = all;
      server.commits = true;
      door.link.mute(way);
      text.insert(0, 'a');
      const found = await passUntil(all, () => door.links.length === 2);
      expect(found).toBeLessThanOrEqual(20_000);
      // 1000 and 1001 would tell the server that nobody comes back.
      expect(door.links[0]?.code).toBe(4499);
      await untilState(handle.status, 'stored');
      expect([theirs(), server.sockets.length]).toEqual(['a', 1]);
    },
  );

  it('[S2] a link that is quiet lives as long as it answers', async () => {
    const all = await opened();
    await pass(all, 'online');
    for (let minute = 0; minute < 10; minute += 1) {
      for (let second = 0; second < 60; second += 1) {
        all.env.advance(1_000);
        for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
      }
    }
    expect(all.door.links).toHaveLength(1);
    expect(all.door.link.heard.filter(({ type }) => type === 'ping').length).toBeGreaterThan(30);
  });

  it('[S2] a hurry finds a dead link within five seconds, and dials at once while there is none', async () => {
    const all = await opened();
    const { door, env, weft } = all;
    door.link.mute('both');
    env.hurry();
    env.advance(5_000);
    expect(weft.connection.get()).toEqual({ state: 'connecting' });
    env.hurry();
    expect(door.links).toHaveLength(2);
    await untilState(weft.connection, 'online');
  });

  it('[S3] that lasts longer than the session: offline after a minute, and everything is compared then', async () => {
    const all = await opened();
    const { door, env, handle, server, text, theirs, weft } = all;
    server.commits = true;
    door.reachable = false;
    door.link.cut();
    text.insert(0, 'a');
    env.advance(59_000);
    expect(weft.connection.get()).toEqual({ state: 'connecting' });
    const seen: string[] = [];
    weft.connection.subscribe(() => seen.push(weft.connection.get().state));
    env.advance(1_000);
    expect(seen[0]).toBe('offline');
    door.reachable = true;
    await pass(all, 'online');
    await untilState(handle.status, 'stored');
    expect(theirs()).toBe('a');
    expect(server.sockets.map(({ step1s }) => step1s.length)).toEqual([1, 1]);
  });

  it('[S3] while the tab is frozen for minutes: it does not go on with a session that is over', async () => {
    const all = await opened();
    const { door, env, handle, server, text, theirs } = all;
    server.commits = true;
    text.insert(0, 'a');
    door.link.cut();
    env.freeze(300_000);
    env.advance(1);
    expect(door.tokens).toEqual([]);
    await pass(all, 'online');
    await untilState(handle.status, 'stored');
    expect(theirs()).toBe('a');
  });
});

describe('a session that is over', () => {
  it('[S3] another begins on the same link, with state vectors, and nothing is lost', async () => {
    const all = await opened();
    const { door, handle, server, text, theirs, env } = all;
    server.commits = true;
    env.advance(10_000);
    text.insert(0, 'a');
    door.restart();
    text.insert(0, 'b');
    await pass(all, 'online');
    await untilState(handle.status, 'stored');
    expect(theirs()).toBe('ba');
    expect([door.links.length, server.sockets.length]).toEqual([2, 2]);
    expect(server.socket.step1s).toEqual([SPEC]);
  });

  it('[S3] [S4] what its client made meanwhile may be more than is kept for replay: it follows as there is room', async () => {
    const all = await opened();
    const { door, handle, server, text, theirs } = all;
    server.commits = true;
    door.reachable = false;
    door.link.cut();
    for (let n = 0; n < 12; n += 1) {
      text.insert(0, 'x'.repeat(100_000));
      await all.weft.flush();
    }
    expect(handle.status.get().state).not.toBe('stored');
    door.reachable = true;
    await pass(all, 'online');
    await untilState(handle.status, 'stored');
    expect(theirs()).toBe(text.toJSON());
    expect(server.sockets.map(({ step1s }) => step1s)).toEqual([[SPEC]]);
  });

  it('[S3] in the middle of an upload of some megabytes: the rest of it follows, and nothing is compared again', async () => {
    await loadParts();
    const all = await opened();
    const { door, handle, server, text, theirs, weft } = all;
    server.commits = true;
    weft.disconnect();
    for (let n = 0; n < 40; n += 1) {
      text.insert(0, 'x'.repeat(100_000));
      await weft.flush();
    }
    const links = door.links.length;
    weft.connect();
    while (door.links.length === links) await Promise.resolve();
    // Of some 64 frames.
    door.link.cutAfter(30);
    await passUntil(all, () => door.links.length > links + 1);
    await pass(all, 'online');
    await untilState(handle.status, 'stored');
    expect(theirs()).toBe(text.toJSON());
    const [, socket, ...more] = server.sockets;
    expect(more).toEqual([]);
    expect(socket?.step1s).toEqual([SPEC]);
    const numbers = socket?.received.map(({ n }) => n);
    expect(numbers?.length).toBeGreaterThan(6);
    expect(numbers).toEqual(numbers?.map((_, index) => index + 1));
  });

  it('[S3] one whose client said at once what it cannot keep does not go on with a gap', async () => {
    const all = await opened();
    const { door, handle, server, text, theirs } = all;
    server.commits = true;
    door.reachable = false;
    door.link.cut();
    // One piece of text, which nobody can take apart.
    text.insert(0, 'x'.repeat(1_500_000));
    await all.weft.flush();
    door.reachable = true;
    await pass(all, 'offline');
    expect(handle.status.get().state).not.toBe('stored');
    await pass(all, 'online');
    await untilState(handle.status, 'stored');
    expect(theirs()).toBe(text.toJSON());
  });

  it('a server that ceased to speak sessions is spoken to without', async () => {
    const all = await opened();
    const { door, handle, server, text } = all;
    server.commits = true;
    door.protocol = '';
    door.link.cut();
    text.insert(0, 'a');
    await pass(all, 'online');
    await untilState(handle.status, 'stored');
    expect(server.socket.step1s).toEqual([SPEC]);
  });

  it.each([
    ['a frame out of place', Uint8Array.of(2, 1, 65)],
    ['a gap', Uint8Array.of(5, 99, 0, 1)],
    ['an unknown frame', Uint8Array.of(77)],
    ['text', 'hello'],
  ])('[S2] %s ends it, and everything is compared', async (_, data) => {
    const all = await opened();
    const { door, handle, server, text } = all;
    server.commits = true;
    door.link.deliver(data);
    await pass(all, 'offline');
    expect(door.link.code).toBe(1000);
    text.insert(0, 'a');
    await pass(all, 'online');
    await untilState(handle.status, 'stored');
    expect(server.sockets).toHaveLength(2);
  });

  it('a server that says goodbye is not asked to go on', async () => {
    const { door, server, weft } = await opened();
    server.socket.say({
      type: 'bye',
      code: 'shutting-down',
      message: 'Later.',
      retryAfter: 30_000,
    });
    // The answer to what was read is still to come; then the link goes without a word.
    await weft.flush();
    door.link.cut();
    await untilState(weft.connection, 'waiting');
    expect(door.links).toHaveLength(1);
  });

  it('nobody who is told that rights are gone comes back', async () => {
    const { door, server, weft, env } = await opened();
    server.socket.say({ type: 'bye', code: 'revoked', message: 'No.' });
    await untilState(weft.connection, 'revoked');
    env.advance(120_000);
    expect(door.links).toHaveLength(1);
  });
});

describe('the sign-in of a session that goes on', () => {
  it('[S3] is a fresh one at each attempt', async () => {
    let asked = 0;
    const all = await opened({ token: () => `token ${(asked += 1)}` });
    for (const times of [1, 2]) {
      all.door.link.cut();
      await pass(all, 'online');
      expect(all.door.tokens).toHaveLength(times);
    }
    expect(all.door.tokens).toEqual(['token 2', 'token 3']);
    expect(all.server.socket.hellos).toHaveLength(1);
  });

  it('is asked for again while there is no network to fetch it', async () => {
    let fails = 0;
    const all = await opened({
      token: async () => {
        if (fails > 0 && fails < 4) {
          fails += 1;
          throw new TypeError('fetch failed');
        }
        return 'token';
      },
    });
    fails = 1;
    all.door.link.cut();
    await pass(all, 'online');
    expect(fails).toBe(4);
    expect(all.server.sockets).toHaveLength(1);
  });

  it('one that will not be given ends it, and the reason is told', async () => {
    let answer = () => Promise.resolve('token');
    const all = await opened({ token: () => answer() });
    answer = () => Promise.reject(new WeftError('revoked'));
    all.door.link.cut();
    await pass(all, 'revoked');
    expect(all.door.tokens).toEqual([]);
  });
});

describe('who is here, over a cut', () => {
  async function together() {
    const all = await opened();
    const bea = new Awareness(new Y.Doc());
    bea.setLocalState({ user: { name: 'Bea' } });
    const others = () => all.handle.awareness.getStates().size - 1;
    all.handle.awareness.setLocalState({ at: 1 });
    all.server.socket.sendAwareness(SPEC, encodeAwarenessUpdate(bea, [bea.clientID]));
    await passUntil(all, () => others() === 1);
    return { ...all, bea, others };
  }

  it('[P4] everybody is shown for 25 s, then nobody, and again with the return', async () => {
    const all = await together();
    const { bea, door, env, others, server } = all;
    door.reachable = false;
    door.link.cut();
    env.advance(24_999);
    expect(others()).toBe(1);
    env.advance(1);
    expect(others()).toBe(0);
    server.socket.sendAwareness(SPEC, encodeAwarenessUpdate(bea, [bea.clientID]));
    door.reachable = true;
    await pass(all, 'online');
    expect(others()).toBe(1);
    bea.destroy();
  });

  it('[P4] what this person did meanwhile is not kept; where they are now is said once, and is news to the server', async () => {
    const all = await together();
    const { bea, door, env, handle, server } = all;
    await server.until(() => server.socket.awareness.length > 0);
    const before = server.socket.awareness.length;
    const clock = handle.awareness.meta.get(handle.awareness.clientID)?.clock ?? 0;
    door.reachable = false;
    door.link.cut();
    for (let at = 2; at < 40; at += 1) {
      handle.awareness.setLocalState({ at });
      env.advance(100);
    }
    door.reachable = true;
    await pass(all, 'online');
    await server.until(() => server.socket.awareness.length > before);
    env.advance(100);
    expect(server.socket.awareness).toHaveLength(before + 1);
    expect(handle.awareness.meta.get(handle.awareness.clientID)?.clock).toBeGreaterThan(clock + 38);
    bea.destroy();
  });
});

describe('messages over a cut', () => {
  it('[C5] [S3] what is sent meanwhile leaves with the next link, once; what others sent is shown', async () => {
    const all = setup();
    const { door, server, weft } = all;
    const room = weft.conversation('general');
    await room.loaded;
    await untilState(weft.connection, 'online');
    await server.until(() => server.socket.step1s.length === 1);
    door.link.cut();
    await room.send('mine');
    server.edit('conversation/general/0', (doc) => doc.getMap(SEGMENT_ROOT).set('x', 1));
    await pass(all, 'online');
    await server.until(() => server.socket.commands.length > 0);
    expect(server.socket.commands).toHaveLength(1);
    expect(server.socket.step1s).toHaveLength(1);
  });
});

describe('many cuts', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])(
    '[S3] seed %i: every change arrives once and in order, and both sides end alike',
    async (seed) => {
      const draw = mulberry32(seed);
      const all = await opened({ draws: mulberry32(1_000 + seed) });
      const { door, env, handle, server, text, theirs } = all;
      server.commits = true;
      const pick = (below: number) => Math.floor(draw() * below);
      for (let step = 0; step < 300; step += 1) {
        const dice = pick(20);
        if (dice < 8) text.insert(pick(text.length + 1), `${step} `);
        else if (dice < 12) {
          server.edit(SPEC, (doc) => doc.getText('content').insert(0, `${step} `));
        } else if (dice === 12) text.insert(0, 'long '.repeat(30_000));
        else if (dice === 13) door.link.cut();
        else if (dice === 14) door.link.cutAfter(1 + pick(4));
        else if (dice === 15) door.link.mute((['up', 'down', 'both'] as const)[pick(3)] ?? 'both');
        else env.advance(pick(3_000));
        for (let turn = pick(12); turn > 0; turn -= 1) await Promise.resolve();
      }
      await pass(all, 'online');
      await passUntil(
        all,
        () => handle.status.get().state === 'stored' && text.toJSON() === theirs(),
      );
      for (const { received } of server.sockets) {
        expect(received.map(({ n }) => n)).toEqual(received.map((_, index) => index + 1));
      }
      expect(door.tokens.length).toBeGreaterThan(5);
    },
  );
});
