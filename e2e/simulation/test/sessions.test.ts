import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Weft, createWeft } from '@weft/client';
import { contentHash } from '@weft/protocol';
import { type WeftServer, createWeftServer } from '@weft/server';
import type { Store } from '@weft/storage';
import { openMemoryStore } from '@weft/storage/memory';
import { openSqliteStore } from '@weft/storage/sqlite';
import { type FaultProxy, createFaultProxy } from '@weft/testkit';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { signIn } from './support/sign-in.ts';
import { until } from './support/until.ts';

/** Sessions between our client and our server over real sockets, with a proxy that cuts them. */

const SECRET = 'a secret for tests, longer than 32 bytes';

async function startServer(store: Store): Promise<{ server: WeftServer; port: number }> {
  const server = await createWeftServer({ store, secret: SECRET });
  onTestFinished(() => server.close());
  const { port } = await server.listen(0, '127.0.0.1');
  return { server, port };
}

async function setup(opened?: Store) {
  const store = opened ?? (await openMemoryStore());
  const { server, port } = await startServer(store);
  const proxy = await createFaultProxy({ target: `http://127.0.0.1:${port}` });
  onTestFinished(() => proxy.close());
  const ann = await client(port, 'Ann', proxy.url);
  const bea = await client(port, 'Bea', `http://127.0.0.1:${port}`);
  const [a, b] = [ann.document('spec'), bea.document('spec')];
  await Promise.all([a.synced, b.synced]);
  return { server, port, proxy, ann, bea, a, b };
}

async function client(port: number, name: string, at: string): Promise<Weft> {
  const { token, sub } = await signIn(port, name);
  const weft = createWeft({ url: `${at}/sync`, token, person: { sub, name } });
  onTestFinished(() => weft.close());
  await until(weft.connection, ({ state }) => state === 'online');
  return weft;
}

/** Resolves when a check passes. It has the time that a busy machine may need. */
const soon = (check: () => void) => vi.waitFor(check, 10_000);

async function cut(proxy: FaultProxy, weft: Weft): Promise<void> {
  proxy.cut();
  await until(weft.connection, ({ state }) => state === 'connecting');
}

describe('a session over real sockets', () => {
  it('[S3] goes on after a cut with what both made meanwhile, and nothing was opened again', async () => {
    const { server, proxy, ann, a, b } = await setup();
    await cut(proxy, ann);
    await soon(() => expect(server.sessions.parked).toBe(1));
    a.doc.getText('content').insert(0, 'while away ');
    b.doc.getText('content').insert(0, 'meanwhile ');
    await until(b.status, ({ state }) => state === 'stored');
    expect(a.status.get().state).not.toBe('stored');
    const phases: string[] = [];
    a.phase.subscribe(() => phases.push(a.phase.get()));
    proxy.restore();
    await until(ann.connection, ({ state }) => state === 'online');
    await until(a.status, ({ state }) => state === 'stored');
    await soon(() => expect(b.doc.getText('content').length).toBe(21));
    expect(contentHash(a.doc)).toBe(contentHash(b.doc));
    expect(server.sessions).toMatchObject({ opened: 2, resumed: 1, refused: 0, parked: 0 });
    expect(phases).toEqual([]);
  });

  it('[P4] a person whose link is cut is shown to others as if nothing were', async () => {
    const { proxy, ann, a, b } = await setup();
    a.awareness.setLocalState({ at: 1 });
    const shown = () => b.awareness.getStates().get(a.doc.clientID)?.['at'];
    await soon(() => expect(shown()).toBe(1));
    const changes: unknown[] = [];
    b.awareness.on('change', (change: unknown) => changes.push(change));
    await cut(proxy, ann);
    proxy.restore();
    await until(ann.connection, ({ state }) => state === 'online');
    a.awareness.setLocalState({ at: 2 });
    await soon(() => expect(shown()).toBe(2));
    expect(changes).not.toContainEqual(expect.objectContaining({ removed: [a.doc.clientID] }));
  });

  it('[S3] [D2] a server that started anew knows none: everything is compared, and nothing is lost', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'weft-sessions-'));
    onTestFinished(() => rm(directory, { recursive: true, force: true }));
    const file = join(directory, 'weft.db');
    const { server, proxy, ann, a } = await setup(await openSqliteStore({ file }));
    await cut(proxy, ann);
    a.doc.getText('content').insert(0, 'while away');
    await server.close();
    const next = await startServer(await openSqliteStore({ file }));
    proxy.setTarget(`http://127.0.0.1:${next.port}`);
    proxy.restore();
    await until(ann.connection, ({ state }) => state === 'online');
    await until(a.status, ({ state }) => state === 'stored');
    expect(next.server.sessions).toMatchObject({ opened: 1, resumed: 0, refused: 1 });
    const late = (await client(next.port, 'Cem', `http://127.0.0.1:${next.port}`)).document('spec');
    await late.synced;
    expect(late.doc.getText('content').toJSON()).toBe('while away');
  });

  it('[R3] whoever is revoked during a cut does not go on', async () => {
    const store = await openMemoryStore();
    const { server, port } = await startServer(store);
    const proxy = await createFaultProxy({ target: `http://127.0.0.1:${port}` });
    onTestFinished(() => proxy.close());
    const { token, sub } = await signIn(port, 'Ann');
    const ann = createWeft({ url: `${proxy.url}/sync`, token, person: { sub, name: 'Ann' } });
    onTestFinished(() => ann.close());
    await ann.document('spec').synced;
    await cut(proxy, ann);
    await soon(() => expect(server.sessions.parked).toBe(1));
    await server.revoke('_', { sub });
    await soon(() => expect(server.sessions.parked).toBe(0));
    proxy.restore();
    await until(ann.connection, ({ state }) => state === 'revoked');
    expect(server.sessions.resumed).toBe(0);
  });

  it(
    '[S3] [D1] four megabytes, cut several times on their way, arrive whole',
    { timeout: 30_000 },
    async () => {
      const { server, proxy, ann, a, b } = await setup();
      const text = a.doc.getText('content');
      for (let part = 0; part < 8; part += 1) {
        text.insert(0, `${part} ${'some words '.repeat(50_000)}`);
        await cut(proxy, ann);
        proxy.restore();
      }
      await until(a.status, ({ state }) => state === 'stored');
      await soon(() => expect(b.doc.getText('content').length).toBe(text.length));
      expect(contentHash(a.doc)).toBe(contentHash(b.doc));
      expect(server.sessions.resumed).toBeGreaterThan(0);
    },
  );
});
