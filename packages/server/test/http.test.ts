import type { IncomingMessage, ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { openMemoryStore } from '@weft/storage/memory';
import { addToDirectory, readDirectory, streamName } from '@weft/protocol';
import { describe, expect, it, onTestFinished } from 'vitest';
import * as Y from 'yjs';
import { rawClient } from './support/raw-client.ts';
import { SEED, silentLogger } from '../src/index.ts';
import { editorToken, startServer } from './support/server.ts';

const post = (http: string, body: string) =>
  fetch(`${http}/auth/guest`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json' },
  });

describe('guest sign-in', () => {
  it('gives a token that opens the main workspace and what is in it, and a secret that keeps the person', async () => {
    const { http, sync } = await startServer();
    const first = await (await post(http, '{"name":"  Ann "}')).json();
    expect(first).toMatchObject({ name: 'Ann', sub: expect.stringMatching(/^guest-/) });
    const again = await (
      await post(http, JSON.stringify({ name: 'Anna', secret: first.secret }))
    ).json();
    expect(again).toMatchObject({ sub: first.sub, name: 'Anna', secret: first.secret });
    const client = await rawClient(sync);
    expect(await client.hello(again.token)).toMatchObject({
      sub: first.sub,
      name: 'Anna',
      expires: again.expires,
    });
    expect(await client.open('workspace/main')).toBe('read-write');
    expect(await client.open('document/anything-new')).toBe('read-write');
    expect(await client.open('conversation/general/0')).toBe('readonly');
    expect(await client.open('workspace/other')).toBe('forbidden');
  });

  it.each([
    ['not JSON', 400, 'request-invalid'],
    ['{}', 400, 'request-invalid'],
    ['{"name":"   "}', 400, 'request-invalid'],
    [JSON.stringify({ name: 'x'.repeat(65) }), 400, 'request-invalid'],
    [JSON.stringify({ name: 'a\u0000b' }), 400, 'request-invalid'],
    ['{"name":"Ann","secret":"made up"}', 401, 'guest-unknown'],
    [JSON.stringify({ name: 'x'.repeat(20_000) }), 413, 'request-too-large'],
  ])('refuses %s', async (body, status, code) => {
    const { http } = await startServer();
    const response = await post(http, body);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ code });
  });

  it('answers what is too large before all of it is there, lets some pass, and closes', async () => {
    const { port } = await startServer();
    const socket = connect(port, '127.0.0.1');
    onTestFinished(() => {
      socket.destroy();
    });
    socket.on('error', () => undefined);
    let said = '';
    const told = new Promise<void>((resolve) => {
      socket.on('data', (chunk) => {
        said += chunk.toString();
        if (said.includes('"}')) resolve();
      });
    });
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.write('POST /auth/guest HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\n');
    // In pieces: what comes in one is read before anybody has said that it is too much.
    socket.write('x'.repeat(17_000));
    await told;
    expect(said).toMatch(/^HTTP\/1\.1 413 /);
    expect(said.toLowerCase()).toContain('connection: close');
    expect(said).toContain('request-too-large');
    let sent = 0;
    const more = () => {
      while (!socket.destroyed && sent < 90_000_000) {
        sent += 1_000_000;
        if (!socket.write(Buffer.alloc(1_000_000))) {
          socket.once('drain', more);
          return;
        }
      }
    };
    more();
    await closed;
    expect(sent).toBeLessThan(90_000_000);
  });

  it('can be turned off', async () => {
    const { http } = await startServer({ guests: false });
    const response = await post(http, '{"name":"Ann"}');
    expect([response.status, (await response.json()).code]).toEqual([403, 'guests-off']);
  });
});

describe('health and unknown addresses', () => {
  it('answers healthz and readyz', async () => {
    const { http } = await startServer();
    expect((await fetch(`${http}/healthz`)).status).toBe(200);
    expect(await (await fetch(`${http}/readyz`)).json()).toEqual({ status: 'ready' });
  });

  it('refuses what it does not know, in JSON', async () => {
    const { http } = await startServer();
    expect((await fetch(`${http}/nothing`)).status).toBe(404);
    expect((await fetch(`${http}/auth/guest`)).status).toBe(405);
  });

  it('tells clients to come back when it closes', async () => {
    const { http, sync, server } = await startServer({ random: () => 0.5 });
    const { token } = await (await post(http, '{"name":"Ann"}')).json();
    const client = await rawClient(sync);
    await client.hello(token);
    await server.close();
    expect(await client.weft('bye')).toMatchObject({ code: 'shutting-down', retryAfter: 500 });
    expect(await client.closed()).toMatchObject({ code: 1012 });
    await expect(fetch(`${http}/healthz`)).rejects.toThrow();
  });
});

describe('an error where nobody expects one', () => {
  it('ends one request at most: in what answers with pages, before its head, behind it, and later', async () => {
    const fallback = (request: IncomingMessage, response: ServerResponse): void | Promise<void> => {
      if (request.url === '/before') throw new Error('before');
      if (request.url === '/async') return Promise.reject(new Error('async'));
      response.writeHead(200, { 'content-length': '10' });
      response.write('half');
      throw new Error('behind');
    };
    const errors: string[] = [];
    const logger = { ...silentLogger, error: (text: string) => void errors.push(text) };
    const { http, sync } = await startServer({ fallback, logger });
    const client = await rawClient(sync);
    await client.hello(await editorToken('ann'));
    for (const path of ['/before', '/async']) {
      const response = await fetch(`${http}${path}`);
      expect([response.status, (await response.json()).code]).toEqual([500, 'internal']);
    }
    await expect(fetch(`${http}/behind`).then((response) => response.text())).rejects.toThrow();
    expect(errors).toHaveLength(3);
    expect(await client.open('document/a')).toBe('read-write');
  });
});

describe('seeding', () => {
  it('[D10] makes the workspace, the welcome document and the channel once, over any number of starts', async () => {
    const store = await openMemoryStore();
    const kept = { ...store, close: async () => {} };
    for (let start = 0; start < 3; start += 1)
      await (await startServer({ store: kept })).server.close();
    const main = streamName('_', { kind: 'workspace', id: 'main' });
    expect(await store.log.head(main)).toBe(1);
    expect(await store.log.head(streamName('_', { kind: 'document', id: SEED.document }))).toBe(1);
    const doc = new Y.Doc();
    for (const { bytes } of await store.log.read(main, 0, 10)) Y.applyUpdate(doc, bytes);
    // Somebody who adds before the seed has reached them comes after it all the same.
    const early = new Y.Doc();
    addToDirectory(early, { id: '0', kind: 'document', title: 'Early' });
    Y.applyUpdate(doc, Y.encodeStateAsUpdate(early));
    expect(readDirectory(doc).map(({ id, kind }) => [id, kind])).toEqual([
      ['general', 'channel'],
      ['welcome', 'document'],
      ['0', 'document'],
    ]);
  });
});
