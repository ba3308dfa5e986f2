import { connect } from 'node:net';
import {
  InMemorySpanExporter,
  SimpleSpanProcessor,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import {
  FRAME_MAX_BYTES,
  PROTOCOL_VERSION,
  SyncType,
  UNSIGNED_MAX_BYTES,
  encodeAuth,
  encodeAwareness,
  encodeSyncUpdate,
  encodeWeft,
  encodeWrite,
} from '@weft/protocol';
import { openMemoryStore } from '@weft/storage/memory';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import WebSocket from 'ws';
import { Awareness, encodeAwarenessUpdate } from 'y-protocols/awareness';
import * as Y from 'yjs';
import { Rates } from '../src/gateway/rates.ts';
import { type Logger, createWeftCore, silentLogger } from '../src/index.ts';
import { rawClient } from './support/raw-client.ts';
import { editorToken, startServer } from './support/server.ts';

/** The status of an upgrade: 101 when it gets a socket. */
function upgrade(sync: string, headers: Readonly<Record<string, string>>): Promise<number> {
  return new Promise((resolve, reject) => {
    const ws = new WebSocket(sync, { headers });
    onTestFinished(() => ws.terminate());
    ws.once('upgrade', () => resolve(101));
    ws.once('unexpected-response', (request, response) => {
      request.destroy();
      resolve(response.statusCode ?? 0);
    });
    ws.once('error', reject);
  });
}

function textUpdate(client: number, text: string): Uint8Array {
  const doc = new Y.Doc();
  doc.clientID = client;
  doc.getText('t').insert(0, text);
  return Y.encodeStateAsUpdate(doc);
}

describe('who may open a socket', () => {
  it('a page of our own, of a listed origin, and whoever is no browser; no other page', async () => {
    const { sync, port } = await startServer({ origins: ['https://app.example'] });
    expect(await upgrade(sync, {})).toBe(101);
    expect(await upgrade(sync, { origin: `http://127.0.0.1:${port}` })).toBe(101);
    expect(await upgrade(sync, { origin: 'https://app.example' })).toBe(101);
    for (const origin of [
      'https://evil.example',
      'https://app.example.evil.example',
      'http://app.example',
      `http://127.0.0.1:${port + 1}`,
      'null',
    ]) {
      expect([origin, await upgrade(sync, { origin })]).toEqual([origin, 403]);
    }
  });

  it('any page, where the server says so', async () => {
    const { sync } = await startServer({ origins: ['*'] });
    expect(await upgrade(sync, { origin: 'https://elsewhere.example' })).toBe(101);
  });
});

describe('before the sign-in', () => {
  it('traffic does not extend the five seconds', async () => {
    const { sync } = await startServer();
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    onTestFinished(() => {
      vi.useRealTimers();
    });
    const client = await rawClient(sync);
    for (let second = 0; second < 5; second += 1) {
      // A stock provider's answer to a ping: harmless, and no sign-in.
      client.send(new Uint8Array([10]));
      vi.advanceTimersByTime(1_000);
    }
    expect(await client.closed()).toMatchObject({ code: 4408 });
  });

  it('takes 64 KB in all, in frames or in one that never ends', async () => {
    const { sync, port } = await startServer();
    const many = await rawClient(sync);
    for (let sent = 0; sent <= UNSIGNED_MAX_BYTES; sent += 1) {
      if (sent % 1024 === 0) many.send(new Uint8Array(1));
    }
    const large = await rawClient(sync);
    large.send(encodeAuth('document/a', 'x'.repeat(UNSIGNED_MAX_BYTES)));
    expect(await large.closed()).toMatchObject({ code: 1009, reason: 'frame-too-large' });
    // A frame that says it has 32 MB, and stops after 200 KB: nothing of it waits in memory for the rest.
    const raw = connect(port, '127.0.0.1');
    onTestFinished(() => {
      raw.destroy();
    });
    const closed = new Promise<void>((resolve) => raw.once('close', () => resolve()));
    raw.on('error', () => undefined);
    raw.write(
      'GET /sync HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
        'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
    );
    raw.once('data', () => {
      raw.write(Buffer.from([0x82, 0xff, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0]));
      raw.write(Buffer.alloc(200_000));
    });
    raw.resume();
    await closed;
    // The many small ones were within the limit.
    await many.hello(await editorToken('ann'));
  });
});

describe('frames', () => {
  it('of more than 1 MiB end their socket; a SyncStep2 may be larger', async () => {
    const { sync } = await startServer();
    const client = await rawClient(sync);
    await client.hello(await editorToken('ann'));
    await client.open('document/a');
    const large = textUpdate(7, 'x'.repeat(FRAME_MAX_BYTES));
    client.send(encodeSyncUpdate('document/a', SyncType.Step2, large));
    await client.until(() => client.received.find((each) => each.kind === 'status' && each.stored));
    // Ours goes as one by itself.
    client.send(encodeWrite('document/a', SyncType.Update, textUpdate(8, large.join('')), 1));
    await client.weft('stored');
    client.send(encodeSyncUpdate('document/a', SyncType.Update, large));
    expect(await client.closed()).toMatchObject({ code: 1009, reason: 'frame-too-large' });
  });

  it('in thousands of fragments end their socket', async () => {
    const { sync } = await startServer();
    const ws = new WebSocket(sync);
    onTestFinished(() => ws.terminate());
    await new Promise((resolve) => ws.once('open', resolve));
    const closed = new Promise<number>((resolve) => ws.once('close', resolve));
    ws.on('error', () => undefined);
    for (let n = 0; n < 3_000; n += 1) ws.send(new Uint8Array(1), { binary: true, fin: false });
    expect(await closed).toBe(1008);
  });

  it('are never compressed, whatever the client offers', async () => {
    const { sync } = await startServer();
    const ws = new WebSocket(sync, { perMessageDeflate: true });
    onTestFinished(() => ws.terminate());
    await new Promise((resolve) => ws.once('open', resolve));
    expect(ws.extensions).toBe('');
  });
});

describe('rates', () => {
  it('are per person and kind, fill up with time, and are forgotten when full', () => {
    let now = 0;
    const rate = { perSecond: 10, burst: 5 };
    const rates = new Rates({ write: rate, presence: rate, question: rate }, () => now);
    for (let n = 0; n < 5; n += 1) expect(rates.take('ann', 'write')).toBe(0);
    expect(rates.take('ann', 'write')).toBe(100);
    expect(rates.take('ann', 'presence')).toBe(0);
    expect(rates.take('bea', 'write')).toBe(0);
    now = 100;
    expect(rates.take('ann', 'write')).toBe(0);
    expect(rates.take('ann', 'write')).toBe(100);
    rates.sweep();
    expect(rates.size).toBe(1);
    now = 1_000;
    rates.sweep();
    expect(rates.size).toBe(0);
  });

  it('a flood waits, loses nothing, and holds nobody else up', async () => {
    const slow = { perSecond: 200, burst: 20 };
    const { sync } = await startServer({ rates: { write: slow } });
    const flood = await rawClient(sync);
    await flood.hello(await editorToken('ann'));
    await flood.open('document/a');
    const doc = new Y.Doc();
    let n = 0;
    doc.on('update', (update: Uint8Array) => {
      n += 1;
      flood.send(encodeWrite('document/a', SyncType.Update, update, n));
    });
    for (let key = 0; key < 100; key += 1) doc.getText('t').insert(key, 'x');
    const other = await rawClient(sync);
    await other.hello(await editorToken('bea'));
    await other.open('document/b');
    other.send(encodeWrite('document/b', SyncType.Update, textUpdate(9, 'quick'), 1));
    await other.weft('stored');
    const stored = () =>
      Math.max(
        0,
        ...flood.received.map((each) =>
          each.kind === 'weft' && each.message.type === 'stored' ? each.message.n : 0,
        ),
      );
    expect(stored()).toBeLessThan(100);
    await flood.until(() => (stored() === 100 ? true : undefined));
  });
});

describe('HTTP', () => {
  it('every answer tells browsers to trust it no further than needed', async () => {
    const { http } = await startServer();
    for (const path of [
      '/healthz',
      '/metrics',
      '/openapi.json',
      '/asyncapi.json',
      '/nowhere',
      '/api/conversations/general/messages',
    ]) {
      const { headers } = await fetch(http + path);
      expect(Object.fromEntries(headers)).toMatchObject({
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cross-origin-opener-policy': 'same-origin',
        'content-security-policy': expect.stringContaining("default-src 'none'"),
      });
    }
  });

  it('a request that trickles in is cut off within five seconds', async () => {
    const { port, http } = await startServer();
    const heads = ['GET / HTTP/1.1\r\nHost: x\r\n', postOf(100)];
    const started = performance.now();
    const ends = heads.map(
      (head) =>
        new Promise<number>((resolve) => {
          const slow = connect(port, '127.0.0.1', () => slow.write(head));
          const drip = setInterval(() => slow.write('x'), 200);
          onTestFinished(() => {
            clearInterval(drip);
            slow.destroy();
          });
          slow.on('error', () => undefined);
          slow.resume().once('close', () => resolve(performance.now() - started));
        }),
    );
    expect((await fetch(`${http}/healthz`)).status).toBe(200);
    for (const ms of await Promise.all(ends)) expect(ms).toBeLessThan(5_500);
  }, 10_000);
});

const postOf = (length: number) =>
  `POST /auth/guest HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n{`;

it('no token ever reaches the log, the numbers or a span', async () => {
  const lines: string[] = [];
  const note = (...said: unknown[]) =>
    void lines.push(said.map((each) => JSON.stringify(each) ?? '').join(' '));
  const logger: Logger = { info: note, warn: note, error: note };
  for (const method of ['log', 'info', 'warn', 'error', 'debug'] as const) {
    vi.spyOn(console, method).mockImplementation(note);
  }
  onTestFinished(() => {
    vi.restoreAllMocks();
  });
  const exporter = new InMemorySpanExporter();
  const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
  const { sync, http, port } = await startServer({
    logger,
    metrics: {},
    tracer: provider.getTracer('test'),
  });
  const good = await editorToken('ann');
  const [header = '', payload = ''] = good.split('.');
  // A whole one, one that was changed, and things that are no token at all.
  const tokens = [good, `${header}.${payload}.canary`, 'canary', `canary.${payload}.canary`];
  const seen: string[] = [];
  for (const token of tokens) {
    const hello = await rawClient(sync);
    hello.say({ type: 'hello', protocol: PROTOCOL_VERSION, token, device: 'd', build: 't' });
    hello.send(new Uint8Array([1, 97, 2, 9]));
    seen.push((await hello.closed()).reason);
    const auth = await rawClient(sync);
    auth.send(encodeAuth('document/a', token));
    auth.send(new Uint8Array([200, 1]));
    await auth.closed();
    await fetch(`${http}/api/conversations/general/messages?token=${token}`, {
      headers: { authorization: `Bearer ${token}` },
    });
    await fetch(`${http}/auth/guest`, {
      method: 'POST',
      body: JSON.stringify({ name: 'x', secret: token }),
    });
    await upgrade(`ws://127.0.0.1:${port}/nowhere?token=${token}`, {});
    for (const path of ['metrics', 'healthz', 'api/invites', 'api/rights/document', 'nowhere']) {
      await fetch(`${http}/${path}/${token}?token=${token}`, {
        headers: { authorization: `Bearer ${token}`, traceparent: token, cookie: `t=${token}` },
      });
    }
    const yjs = new WebSocket(`ws://127.0.0.1:${port}/yjs/a?token=${token}`);
    yjs.once('open', () => yjs.send(new Uint8Array([0, 9, 200])));
    await new Promise((resolve) => yjs.once('close', resolve));
  }
  expect(seen).toEqual(['frame-invalid', 'token-invalid', 'token-invalid', 'token-invalid']);
  // Nor the numbers, nor a span.
  lines.push(await (await fetch(`${http}/metrics`)).text());
  expect(lines.at(-1)).toContain('weft_http_requests_total');
  expect(exporter.getFinishedSpans().length).toBeGreaterThan(20);
  for (const { name, attributes, events } of exporter.getFinishedSpans()) {
    note(name, attributes, events);
  }
  const told = lines.join('\n');
  for (const secret of ['canary', good, payload]) expect(told).not.toContain(secret);
});

describe('a throw anywhere ends one socket at most', () => {
  it('also where what carries the socket throws, at any of its calls', async () => {
    const logged: string[] = [];
    const logger: Logger = { ...silentLogger, error: (message) => void logged.push(message) };
    const principal = {
      tenant: '_',
      sub: 'ann',
      name: 'Ann',
      grants: [{ resource: '*', role: 'editor' as const }],
      expires: undefined,
    };
    const core = await createWeftCore({
      store: await openMemoryStore(),
      verify: async () => principal,
      now: () => 1_000,
      logger,
      build: 'test',
    });
    onTestFinished(() => core.close());
    const shown = new Awareness(new Y.Doc());
    shown.setLocalState({ cursor: 1 });
    const script = [
      encodeWeft({
        type: 'hello',
        protocol: PROTOCOL_VERSION,
        token: 't',
        device: 'd',
        build: 't',
      }),
      encodeAuth('document/a', ''),
      encodeAuth('conversation/general/0', ''),
      encodeSyncUpdate('document/a', SyncType.Step2, textUpdate(3, 'x')),
      encodeAwareness('document/a', encodeAwarenessUpdate(shown, [shown.clientID])),
      new Uint8Array([200, 1]),
    ];
    let calls = 0;
    /** Plays the script on a socket whose `send` or `close` throws at its nth call. */
    const play = async (nth: number) => {
      calls = 0;
      const count = () => {
        calls += 1;
        if (calls === nth) throw new Error('a broken pipe');
      };
      const socket = core.accept({ readyState: 1, send: count, close: count });
      for (const frame of script) {
        socket.receive(frame);
        for (let turn = 0; turn < 5; turn += 1) await new Promise(setImmediate);
      }
      socket.closed();
    };
    await play(0);
    const total = calls;
    expect(total).toBeGreaterThan(6);
    // Vitest fails on a rejection that nobody handles.
    for (let nth = 1; nth <= total; nth += 1) await play(nth);
    expect(logged).toContain('A frame met an error of ours.');
    expect(logged).toContain('A socket could not be ended.');
    // Whoever comes afterwards is served.
    await play(0);
    expect(calls).toBeGreaterThan(6);
  });
});
