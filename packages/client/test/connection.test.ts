import { PROTOCOL_VERSION, WeftError } from '@weft/protocol';
import { describe, expect, it } from 'vitest';
import { createWeft } from '../src/index.ts';
import { bench, until, untilState } from './kit/setup.ts';

describe('signing in', () => {
  it('says hello with the token and the device, once per socket', async () => {
    const { weft, server, disk } = bench({ token: () => 'fresh' });
    await untilState(weft.connection, 'online');
    expect(server.socket.hellos).toEqual([
      {
        type: 'hello',
        protocol: PROTOCOL_VERSION,
        token: 'fresh',
        device: disk.values.get('device'),
        build: expect.any(String),
      },
    ]);
    expect(server.socket.client.binaryType).toBe('arraybuffer');
  });

  it('the device keeps its id over reloads, and another device has another', async () => {
    const first = bench();
    await untilState(first.weft.connection, 'online');
    const second = await first.reload();
    await untilState(second.weft.connection, 'online');
    const [a, b] = first.server.sockets.map((socket) => socket.hellos[0]?.device);
    expect(a).toBe(b);
    const other = bench();
    await untilState(other.weft.connection, 'online');
    expect(other.server.socket.hellos[0]?.device).not.toBe(a);
  });

  it('a token is asked for afresh at each attempt', async () => {
    let asked = 0;
    const { weft, server, env } = bench({ token: () => `token ${(asked += 1)}` });
    await untilState(weft.connection, 'online');
    server.socket.cut();
    await untilState(weft.connection, 'offline');
    env.advance(60_000);
    await untilState(weft.connection, 'online');
    expect(server.sockets.map((socket) => socket.hellos[0]?.token)).toEqual(['token 1', 'token 2']);
  });

  it('a token is renewed on the same socket at four fifths of its life', async () => {
    let asked = 0;
    const { weft, server, env } = bench({
      token: async () => `token ${(asked += 1)}`,
      connect: false,
    });
    server.welcome = { ...server.welcome, expires: env.now() + 100_000 };
    weft.connect();
    await untilState(weft.connection, 'online');
    const hello = () => server.socket.hellos.map(({ token }) => token);
    // The socket is kept from looking dead by frames of its server.
    for (let at = 0; at < 79; at += 1) {
      env.advance(1_000);
      server.socket.deliver(Uint8Array.of(9));
      await Promise.resolve();
    }
    expect(hello()).toEqual(['token 1']);
    server.welcome = { ...server.welcome, expires: null };
    env.advance(1_000);
    await server.until(() => hello().length === 2);
    expect(hello()).toEqual(['token 1', 'token 2']);
    expect(server.sockets).toHaveLength(1);
    expect(weft.connection.get()).toEqual({ state: 'online' });
  });

  it.each([
    ['token-invalid', { state: 'revoked', code: 'token-invalid' }],
    ['protocol-unsupported', { state: 'outdated' }],
  ] as const)('%s ends it, until it is asked to connect again', async (code, status) => {
    const { weft, server, env } = bench();
    server.greets = code;
    await untilState(weft.connection, status.state);
    expect(weft.connection.get()).toEqual(status);
    env.advance(600_000);
    expect(server.sockets).toHaveLength(1);
    server.greets = true;
    weft.connect();
    await untilState(weft.connection, 'online');
  });

  it('[D2] a client that is outdated reads only, keeps what it had not sent, and the one that fits sends it', async () => {
    const { weft, server, reload } = bench({ connect: false });
    const handle = weft.document('spec');
    const room = weft.conversation('general');
    await handle.loaded;
    handle.doc.getText('content').insert(0, 'unsent');
    await weft.flush();
    const seen = [handle.access.get().state];
    handle.access.subscribe(() => seen.push(handle.access.get().state));
    server.greets = 'protocol-unsupported';
    weft.connect();
    await untilState(weft.connection, 'outdated');
    expect(seen).toEqual(['unknown', 'outdated']);
    expect(room.access.get()).toEqual({ state: 'outdated' });
    expect(weft.workspace('main').access.get()).toEqual({ state: 'outdated' });
    // What a keyboard handler was in the middle of is kept as well.
    handle.doc.getText('content').insert(6, ', kept');
    await weft.flush();
    expect(handle.status.get()).toEqual({ state: 'local', waiting: 2 });

    server.greets = true;
    const next = await reload();
    const again = next.weft.document('spec');
    await server.write();
    server.socket.store();
    await untilState(again.status, 'stored');
    expect(server.doc('document/spec').getText('content').toJSON()).toBe('unsent, kept');
    expect(again.access.get()).toEqual({ state: 'editor' });
  });

  it('[D2] a client that is newer than the server goes on, and syncs once the server is replaced', async () => {
    const { weft, server, env } = bench({ connect: false });
    server.commits = true;
    const handle = weft.document('spec');
    await handle.loaded;
    server.greets = 'server-outdated';
    weft.connect();
    await until(weft.connection, (status) => status.state === 'offline' && 'code' in status);
    expect(weft.connection.get()).toEqual({ state: 'offline', code: 'server-outdated' });
    handle.doc.getText('content').insert(0, 'written meanwhile');
    await weft.flush();
    expect(handle.status.get()).toEqual({ state: 'local', waiting: 1 });
    expect(handle.access.get()).toEqual({ state: 'unknown' });
    server.greets = true;
    env.advance(20_000);
    await untilState(handle.status, 'stored');
  });

  it('[D2] a token that expired without a network keeps nobody from writing, and then asks for a sign-in', async () => {
    const down = () => {
      throw new TypeError('No network.');
    };
    const { weft, server, env, disk } = bench({ dial: down });
    const handle = weft.document('spec');
    await handle.loaded;
    await untilState(weft.connection, 'offline');
    handle.doc.getText('content').insert(0, 'in the tunnel');
    env.advance(24 * 3_600_000);
    await weft.flush();
    expect(handle.status.get()).toEqual({ state: 'local', waiting: 1 });

    await weft.close();
    const { weft: back } = bench({ server, disk, connect: false });
    const again = back.document('spec');
    await again.loaded;
    server.greets = 'token-expired';
    back.connect();
    await untilState(back.connection, 'revoked');
    expect(back.connection.get()).toEqual({ state: 'revoked', code: 'token-expired' });
    again.doc.getText('content').insert(0, 'still ');
    await back.flush();
    expect(again.status.get()).toEqual({ state: 'local', waiting: 2 });

    server.greets = true;
    server.commits = true;
    const signedIn = bench({ server, disk, token: 'fresh' });
    await untilState(signedIn.weft.document('spec').status, 'stored');
    expect(server.doc('document/spec').getText('content').toJSON()).toBe('still in the tunnel');
  });

  it('[A1] waits in the line of a full server, says its place, and is let in on the same socket', async () => {
    const { weft, server, env } = bench({ connect: false });
    server.greets = false;
    weft.connect();
    await server.until(() => (server.sockets.at(-1)?.hellos.length ?? 0) > 0);
    server.socket.say({ type: 'queue', position: 14, wait: null });
    await untilState(weft.connection, 'queued');
    expect(weft.connection.get()).toEqual({ state: 'queued', position: 14 });
    // Far beyond the time in which a welcome has to come: the server says that it is alive.
    for (let told = 13; told > 8; told -= 1) {
      env.advance(10_000);
      server.socket.say({ type: 'queue', position: told, wait: told * 1_000 });
      await until(
        weft.connection,
        (status) => status.state === 'queued' && status.position === told,
      );
    }
    expect(weft.connection.get()).toEqual({ state: 'queued', position: 9, wait: 9_000 });
    server.socket.say({ type: 'welcome', ...server.welcome });
    await untilState(weft.connection, 'online');
    expect(server.sockets).toHaveLength(1);
  });

  it('takes a line in which nothing is said any more for a cut', async () => {
    const { weft, server, env } = bench({ connect: false });
    server.greets = false;
    weft.connect();
    await server.until(() => (server.sockets.at(-1)?.hellos.length ?? 0) > 0);
    server.socket.say({ type: 'queue', position: 2, wait: null });
    await untilState(weft.connection, 'queued');
    env.advance(25_000);
    await untilState(weft.connection, 'offline');
  });

  it('closed because nothing was open, it comes back when something is', async () => {
    const { weft, server } = bench({ connect: false });
    weft.connect();
    await untilState(weft.connection, 'online');
    server.socket.say({ type: 'bye', code: 'idle', message: '', retryAfter: 60_000 });
    await untilState(weft.connection, 'waiting');
    expect(server.sockets).toHaveLength(1);
    weft.document('spec');
    await untilState(weft.connection, 'online');
    expect(server.sockets).toHaveLength(2);
  });

  it('an expired token is replaced; a fixed one cannot be', async () => {
    const source = bench({ token: () => 'fresh' });
    source.server.greets = 'token-expired';
    await untilState(source.weft.connection, 'offline');
    source.server.greets = true;
    source.env.advance(60_000);
    await untilState(source.weft.connection, 'online');

    const fixed = bench({ token: 'fixed' });
    fixed.server.greets = 'token-expired';
    await untilState(fixed.weft.connection, 'revoked');
    expect(fixed.weft.connection.get()).toEqual({ state: 'revoked', code: 'token-expired' });
  });

  it('a token source without a network is asked again; one that says no is believed', async () => {
    let answer: () => Promise<string> = () => Promise.reject(new TypeError('fetch failed'));
    const { weft, env } = bench({ token: () => answer() });
    await untilState(weft.connection, 'offline');
    answer = () => Promise.resolve('token');
    env.advance(60_000);
    await untilState(weft.connection, 'online');

    const no = bench({ token: () => Promise.reject(new WeftError('guest-unknown')) });
    await untilState(no.weft.connection, 'revoked');
    expect(no.weft.connection.get()).toEqual({ state: 'revoked', code: 'guest-unknown' });
    expect(no.server.sockets).toEqual([]);
  });

  it("another person's token is refused before anything of this person is sent", async () => {
    const { weft, server } = bench({ person: { sub: 'bea', name: 'Bea' } });
    weft.document('spec');
    await untilState(weft.connection, 'revoked');
    expect(weft.connection.get()).toEqual({ state: 'revoked', code: 'other-person' });
    expect(server.socket.asked).toEqual([]);
  });

  it.each(['nowhere', 'ftp://host/sync', ''])('the address %j is refused at once', (url) => {
    expect(() => createWeft({ url, token: 'x' })).toThrow(
      expect.objectContaining({ code: 'request-invalid' }),
    );
  });

  it('http addresses are taken as ws', async () => {
    const urls: string[] = [];
    const { server } = bench({ connect: false });
    const weft = createWeft({
      url: 'https://host/sync',
      token: 'x',
      env: {
        socket: (url) => {
          urls.push(url);
          return server.connect();
        },
      },
    });
    await untilState(weft.connection, 'online');
    await weft.close();
    expect(urls).toEqual(['wss://host/sync']);
  });
});

describe('losing the connection', () => {
  it('goes offline and comes back, at the latest after its longest wait', async () => {
    const { weft, server, env } = bench();
    await untilState(weft.connection, 'online');
    server.socket.cut();
    expect(weft.connection.get()).toEqual({ state: 'offline' });
    env.advance(20_000);
    await untilState(weft.connection, 'online');
    expect(server.sockets).toHaveLength(2);
  });

  it('waits as long as the server asks, unless it is hurried', async () => {
    const { weft, server, env } = bench();
    await untilState(weft.connection, 'online');
    const bye = async () => {
      const { socket } = server;
      socket.say({ type: 'bye', code: 'shutting-down', message: 'Later.', retryAfter: 30_000 });
      await Promise.resolve();
      // The server answers what it has read, and closes then.
      expect(weft.connection.get()).toEqual({ state: 'online' });
      socket.cut();
    };
    await bye();
    await untilState(weft.connection, 'waiting');
    expect(weft.connection.get()).toEqual({
      state: 'waiting',
      until: env.now() + 30_000,
      code: 'shutting-down',
    });
    env.advance(29_999);
    expect(server.sockets).toHaveLength(1);
    env.advance(1);
    await untilState(weft.connection, 'online');
    await bye();
    await untilState(weft.connection, 'waiting');
    env.hurry();
    await untilState(weft.connection, 'online');
    expect(server.sockets).toHaveLength(3);
  });

  it('a socket that is never answered is given up', async () => {
    const { weft, server, env } = bench();
    server.greets = false;
    await server.until(() => server.sockets.length === 1 && server.socket.hellos.length === 1);
    env.advance(15_000);
    expect(weft.connection.get()).toEqual({ state: 'offline' });
    expect(server.socket.closed).toBe(true);
  });

  it('a socket that is silent is probed, and lives when anything comes', async () => {
    const { weft, server, env } = bench();
    await untilState(weft.connection, 'online');
    for (let times = 1; times <= 5; times += 1) {
      env.advance(20_000);
      const { socket } = server;
      await server.until(() => socket.hellos.length === times + 1);
      // The answer is on its way, in microtasks: the document's own answer is behind it.
      const handle = weft.document(`d${times}`);
      await handle.synced;
      handle.close();
      // Only silence is to be measured: the close is answered too.
      server.socket.sendClose(`document/d${times}`);
      await weft.flush();
    }
    expect(server.sockets).toHaveLength(1);
  });

  it('a half-open socket is found out by its silence', async () => {
    const { weft, server, env } = bench();
    await untilState(weft.connection, 'online');
    server.greets = false;
    env.advance(25_000);
    expect(weft.connection.get()).toEqual({ state: 'offline' });
  });

  it('a half-open socket is found out sooner when something was sent, or when hurried', async () => {
    const sent = bench();
    const handle = sent.weft.document('spec');
    await handle.synced;
    sent.server.greets = false;
    handle.doc.getText('content').insert(0, 'a');
    await sent.server.write();
    const { socket } = sent.server;
    sent.env.advance(15_000);
    expect(socket.closed).toBe(true);

    const hurried = bench();
    await untilState(hurried.weft.connection, 'online');
    hurried.server.greets = false;
    hurried.env.hurry();
    hurried.env.advance(5_000);
    expect(hurried.weft.connection.get()).toEqual({ state: 'offline' });
  });

  it('a server that welcomes and drops at once is met less and less often', async () => {
    const { weft, server, env } = bench({ draws: () => 0.999 });
    const waits: number[] = [];
    for (let times = 0; times < 6; times += 1) {
      await untilState(weft.connection, 'online');
      server.socket.cut();
      let waited = 0;
      while (weft.connection.get().state === 'offline') {
        env.advance(50);
        waited += 50;
      }
      waits.push(waited);
    }
    expect(waits).toEqual(waits.toSorted((a, b) => a - b));
    expect(waits.at(-1)).toBeGreaterThan(8 * (waits[0] ?? 0));
  });

  it('disconnect stays offline until connect', async () => {
    const { weft, server, env } = bench();
    await untilState(weft.connection, 'online');
    weft.disconnect();
    expect(weft.connection.get()).toEqual({ state: 'offline' });
    expect(server.socket.closed).toBe(true);
    env.hurry();
    env.advance(600_000);
    expect(server.sockets).toHaveLength(1);
    weft.connect();
    await untilState(weft.connection, 'online');
  });

  it('disconnecting while a token is fetched opens no socket', async () => {
    let give: (token: string) => void = () => undefined;
    const token = new Promise<string>((resolve) => {
      give = resolve;
    });
    const { weft, server } = bench({ token: () => token });
    weft.disconnect();
    give('late');
    await token;
    await weft.close();
    expect(server.sockets).toEqual([]);
  });

  it('leaves no timer behind when it is closed', async () => {
    const { weft, env } = bench();
    const handle = weft.document('spec');
    const room = weft.conversation('general');
    await Promise.all([handle.synced, room.loaded]);
    await weft.close();
    expect(env.timers).toBe(0);
  });
});

describe('bad frames', () => {
  const frames: [string, unknown][] = [
    ['text', 'hello'],
    ['nothing', new Uint8Array(0)],
    ['an address that ends too early', Uint8Array.of(200, 1)],
    ['no JSON', Uint8Array.of(5, ...new TextEncoder().encode('!weft'), 1, 123)],
    ['an unknown message', Uint8Array.of(5, ...new TextEncoder().encode('!weft'), 2, 123, 125)],
    ['an unknown type', Uint8Array.of(13, ...new TextEncoder().encode('document/spec'), 99)],
    ['a sync without bytes', Uint8Array.of(13, ...new TextEncoder().encode('document/spec'), 0, 2)],
    [
      'a damaged update',
      Uint8Array.of(13, ...new TextEncoder().encode('document/spec'), 0, 2, 3, 1, 1, 1),
    ],
    [
      'damaged presence',
      Uint8Array.of(13, ...new TextEncoder().encode('document/spec'), 1, 2, 1, 1),
    ],
  ];

  it.each(frames)('%s: the socket is closed, and the next one syncs', async (_, frame) => {
    const { weft, server, env } = bench();
    const handle = weft.document('spec');
    await handle.synced;
    handle.doc.getText('content').insert(0, 'mine');
    await server.write();
    server.socket.deliver(frame);
    await untilState(weft.connection, 'offline');
    expect(server.socket.closed).toBe(true);
    server.commits = true;
    env.advance(60_000);
    await until(handle.status, ({ state }) => state === 'stored');
    expect(server.doc('document/spec').getText('content').toJSON()).toBe('mine');
  });

  it('addresses of documents that nobody has open are ignored', async () => {
    const { weft, server } = bench();
    const handle = weft.document('spec');
    await untilState(weft.connection, 'online');
    server.edit('document/other', (doc) => doc.getText('content').insert(0, 'x'));
    server.socket.say({ type: 'stored', document: 'document/other', n: 7 });
    server.socket.say({ type: 'event', conversation: 'other', event: 1, sequence: 1, segment: 0 });
    await handle.synced;
    expect(weft.connection.get()).toEqual({ state: 'online' });
  });
});
