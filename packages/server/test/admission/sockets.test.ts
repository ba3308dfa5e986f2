import {
  FrameReader,
  PROTOCOL_VERSION,
  type SessionFrame,
  decodeDown,
  decodeSessionFrame,
  encodeAuth,
  encodeSessionFrame,
} from '@weft/protocol';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import WebSocket from 'ws';
import { rawClient } from '../support/raw-client.ts';
import { SessionClient } from '../support/session-client.ts';
import { editorToken, startServer } from '../support/server.ts';
import { createWeftCore } from '../../src/index.ts';
import { openMemoryStore } from '@weft/storage/memory';

const hello = (token: string) =>
  ({ type: 'hello', protocol: PROTOCOL_VERSION, token, device: 'd', build: 't' }) as const;

describe('a full server', () => {
  it('[A1] [A2] has newcomers wait on their sockets, tells them their place, and lets them in, in order', async () => {
    const { server, sync } = await startServer({ admission: { seats: 2 } });
    const ann = await rawClient(sync);
    await ann.hello(await editorToken('ann'));
    const bea = await rawClient(sync);
    await bea.hello(await editorToken('bea'));
    const cleo = await rawClient(sync);
    cleo.say(hello(await editorToken('cleo')));
    expect(await cleo.weft('queue')).toEqual({ type: 'queue', position: 1, wait: null });
    const dan = await rawClient(sync);
    dan.say(hello(await editorToken('dan')));
    expect(await dan.weft('queue')).toMatchObject({ position: 2 });
    // What they say meanwhile waits with them.
    cleo.send(encodeAuth('document/a', ''));
    expect(server.admission).toMatchObject({ seats: 2, seated: 2, waiting: 2, fresh: 2 });
    ann.say({ type: 'bye', code: 'internal', message: '' });
    await cleo.weft('welcome');
    expect(await cleo.until(() => cleo.received.find(({ kind }) => kind === 'auth'))).toMatchObject(
      {
        address: 'document/a',
        result: 'read-write',
      },
    );
    expect(
      dan.received.some((each) => each.kind === 'weft' && each.message.type === 'welcome'),
    ).toBe(false);
    expect(server.admission).toMatchObject({ seated: 2, waiting: 1, admitted: 1 });
  });

  it('[A2] keeps the seat of who was cut; a token that was taken back meanwhile gets none', async () => {
    const { server, sync } = await startServer({ admission: { seats: 1 } });
    const ann = await rawClient(sync);
    await ann.hello(await editorToken('ann'));
    const bea = await rawClient(sync);
    bea.say(hello(await editorToken('bea')));
    await bea.weft('queue');
    const cleo = await rawClient(sync);
    cleo.say(hello(await editorToken('cleo')));
    await cleo.weft('queue');
    ann.cut();
    await vi.waitFor(() => expect(server.admission).toMatchObject({ seated: 0, kept: 1 }));
    const again = await rawClient(sync);
    await again.hello(await editorToken('ann'));
    expect(server.admission).toMatchObject({ seated: 1, kept: 0, returned: 1, waiting: 2 });
    await server.revoke('_', { sub: 'bea' });
    again.say({ type: 'bye', code: 'internal', message: '' });
    expect(await bea.closed()).toMatchObject({ reason: 'revoked' });
    await cleo.weft('welcome');
  });

  it('[A1] says when to come back, where its line is full too; of one person it takes so many', async () => {
    const { server, sync } = await startServer({
      admission: { seats: 2, waiting: 1, perPerson: 2 },
    });
    const token = await editorToken('ann');
    const own = [await rawClient(sync), await rawClient(sync), await rawClient(sync)];
    await own[0]?.hello(token);
    await own[1]?.hello(token);
    own[2]?.say(hello(token));
    expect(await own[2]?.closed()).toEqual({ code: 4429, reason: 'too-many-connections' });
    const bea = await rawClient(sync);
    bea.say(hello(await editorToken('bea')));
    await bea.weft('queue');
    const cleo = await rawClient(sync);
    cleo.say(hello(await editorToken('cleo')));
    expect(await cleo.weft('bye')).toMatchObject({ code: 'server-full', retryAfter: 5_000 });
    expect(await cleo.closed()).toMatchObject({ code: 1013 });
    expect(server.admission.refused).toMatchObject({ 'server-full': 1, 'too-many-connections': 1 });
  });

  it('a stock client waits like others, and hears that the server is alive', async () => {
    const { sync } = await startServer({ admission: { seats: 1 } });
    const ann = await rawClient(sync);
    await ann.hello(await editorToken('ann'));
    const stock = new WebSocket(sync);
    onTestFinished(() => stock.terminate());
    const frames: Buffer[] = [];
    stock.on('message', (data: Buffer) => frames.push(data));
    await new Promise((resolve) => stock.once('open', resolve));
    stock.send(encodeAuth('document/a', await editorToken('bea')));
    await vi.waitFor(() => expect(frames.map((each) => [...each])).toEqual([[9]]));
    ann.say({ type: 'bye', code: 'internal', message: '' });
    await vi.waitFor(() => expect(frames.length).toBeGreaterThan(1));
  });

  it('[A2] a session that waits for its client keeps its seat, and goes on on it', async () => {
    const token = 'ann';
    const core = await createWeftCore({
      store: await openMemoryStore(),
      verify: async (sub) => ({
        tenant: '_',
        sub,
        name: sub,
        grants: [{ resource: '*', role: 'editor' }],
        expires: undefined,
      }),
      now: Date.now,
      logger: { info: () => {}, warn: () => {}, error: () => {} },
      build: 't',
      admission: { seats: 1 },
    });
    onTestFinished(() => core.close());
    const ann = await new SessionClient(core, token).start();
    ann.link.gone(1006);
    expect(core.admission.figures).toMatchObject({ seated: 1, kept: 0 });
    expect(await ann.resume()).toMatchObject({ type: 'resumed' });
    expect(core.admission.figures).toMatchObject({ seated: 1, kept: 0, fresh: 1 });
    expect(core.sessions).toMatchObject({ opened: 1, resumed: 1 });
    // One that cannot go on begins anew, on the same seat.
    ann.link.gone(1006);
    expect(await ann.resume({ token: 'bea' })).toMatchObject({ type: 'refused' });
    expect(core.admission.figures).toMatchObject({ seated: 0, kept: 1 });
    ann.link.gone(1000);
    await new SessionClient(core, token).start();
    expect(core.admission.figures).toMatchObject({ seated: 1, kept: 0, returned: 1 });
  });
});

describe('limits', () => {
  it('[A3] of an address: one connection more is refused with a code, before anything is read of it', async () => {
    const { server, sync, http } = await startServer({
      admission: { perAddress: 1 },
      proxies: ['127.0.0.1'],
    });
    const open = (forwarded: string) =>
      new Promise<string>((resolve) => {
        const ws = new WebSocket(sync, { headers: { 'x-forwarded-for': forwarded } });
        onTestFinished(() => ws.terminate());
        ws.on('error', () => undefined);
        ws.once('open', () => resolve('open'));
        ws.once('unexpected-response', (_request, response) => {
          response
            .setEncoding('utf8')
            .on('data', (text: string) => resolve(`${response.statusCode} ${text}`));
        });
      });
    expect(await open('192.0.2.1')).toBe('open');
    expect(await open('192.0.2.1')).toMatch(/^429 .*"code":"too-many-connections"/);
    expect(await open('192.0.2.2')).toBe('open');
    expect(server.admission.refused['too-many-connections']).toBe(1);
    expect((await fetch(`${http}/healthz`)).status).toBe(200);
  });

  it('[A1] [A3] a page hears why, and when to come back, on a socket that is open no longer than that', async () => {
    const { sync, server } = await startServer({ admission: { perAddress: 1 } });
    await rawClient(sync);
    /** What a page of this server is sent, and how it is closed. */
    const page = (protocol: string | undefined, first: SessionFrame) =>
      new Promise<{ frames: Buffer[]; code: number }>((resolve, reject) => {
        const origin = sync.replace(/^ws/, 'http').replace(/\/sync$/, '');
        const ws = new WebSocket(sync, protocol === undefined ? [] : [protocol], { origin });
        onTestFinished(() => ws.terminate());
        const frames: Buffer[] = [];
        ws.on('message', (data: Buffer) => frames.push(data));
        ws.on('error', reject);
        ws.on('close', (code) => resolve({ frames, code }));
        if (first.type !== 'data') ws.once('open', () => ws.send(encodeSessionFrame(first)));
      });
    const begun = await page('weft.1', { type: 'open' });
    expect(begun.code).toBe(1013);
    const [opened, said] = begun.frames.map((each) => decodeSessionFrame(each));
    expect(opened?.type).toBe('opened');
    const bye = said?.type === 'data' ? new FrameReader(said.payload) : undefined;
    expect(bye?.string()).toBe('!weft');
    expect(bye === undefined ? undefined : decodeDown(bye.decoder)).toMatchObject({
      type: 'bye',
      code: 'too-many-connections',
      retryAfter: 5_000,
    });
    // A session that is to go on is not told that it is over.
    const resumed = { type: 'resume', secret: 's', received: 0, token: 't' } as const;
    expect(await page('weft.1', resumed)).toEqual({ frames: [], code: 1013 });
    const plain = await page(undefined, { type: 'open' });
    expect([plain.code, plain.frames.length]).toEqual([1013, 1]);
    expect(server.admission.refused['too-many-connections']).toBe(3);
  });

  it('[A3] those who are told are few: of one address sixteen at a time, the next hears it by HTTP', async () => {
    const { sync } = await startServer({ admission: { perAddress: 1 } });
    await rawClient(sync);
    const origin = sync.replace(/^ws/, 'http').replace(/\/sync$/, '');
    const come = () =>
      new Promise<string>((resolve) => {
        const ws = new WebSocket(sync, ['weft.1'], { origin });
        onTestFinished(() => ws.terminate());
        ws.on('error', () => undefined);
        ws.once('open', () => resolve('open'));
        ws.once('unexpected-response', (_request, { statusCode }) => resolve(String(statusCode)));
      });
    const answers = await Promise.all(Array.from({ length: 20 }, come));
    expect(answers.filter((answer) => answer === 'open')).toHaveLength(16);
    expect(answers.filter((answer) => answer === '429')).toHaveLength(4);
  });

  it('[A3] of a document and of one socket: what is too much is denied with a code, and opens once there is room', async () => {
    const { sync } = await startServer({ admission: { perDocument: 1, documentsPerSocket: 2 } });
    const [ann, bea] = [await rawClient(sync), await rawClient(sync)];
    await ann.hello(await editorToken('ann'));
    await bea.hello(await editorToken('bea'));
    expect(await ann.open('document/a')).toBe('read-write');
    expect(await bea.open('document/a')).toBe('document-full');
    expect(await ann.open('document/b')).toBe('read-write');
    expect(await ann.open('document/c')).toBe('too-many-documents');
    ann.cut();
    await vi.waitFor(async () => {
      bea.received.length = 0;
      expect(await bea.open('document/a')).toBe('read-write');
    });
  });
});

describe('idle sockets', () => {
  it('[A3] with nothing open are closed after a while; those with a document are not', async () => {
    let now = 1_000_000;
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    onTestFinished(() => {
      vi.useRealTimers();
    });
    const { server, sync } = await startServer({ now: () => now, admission: { idleMs: 60_000 } });
    const [idle, busy] = [await rawClient(sync), await rawClient(sync)];
    await idle.hello(await editorToken('ann'));
    await busy.hello(await editorToken('bea'));
    await busy.open('document/a');
    now += 59_000;
    vi.advanceTimersByTime(6_000);
    // A token that is renewed is not work.
    await idle.hello(await editorToken('ann'));
    now += 1_000;
    vi.advanceTimersByTime(6_000);
    expect(await idle.weft('bye')).toMatchObject({ code: 'idle', retryAfter: 60_000 });
    expect(await idle.closed()).toMatchObject({ code: 4412 });
    await vi.waitFor(() =>
      expect(server.admission).toMatchObject({ culled: 1, seated: 1, kept: 0 }),
    );
  });
});
