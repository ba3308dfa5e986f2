import { openMemoryStore } from '@weft/storage/memory';
import { addToDirectory, readDirectory, streamName } from '@weft/protocol';
import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { rawClient } from './support/raw-client.ts';
import { SEED } from '../src/index.ts';
import { startServer } from './support/server.ts';

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
    [JSON.stringify({ name: 'x'.repeat(20_000) }), 400, 'request-invalid'],
  ])('refuses %s', async (body, status, code) => {
    const { http } = await startServer();
    const response = await post(http, body);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ code });
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
