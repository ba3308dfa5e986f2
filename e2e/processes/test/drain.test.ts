import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { until } from '../src/until.ts';
import {
  endWithTest,
  readByServer,
  reads,
  startFailing,
  startServer,
  temporaryDirectory,
  textOf,
  twoPeople,
  type,
} from './kit.ts';

/** Keeps every other connection from writing, as another program at the file would. */
function lock(dataDir: string): () => void {
  const other = new DatabaseSync(join(dataDir, 'weft.db'), { timeout: 5_000 });
  other.exec('BEGIN IMMEDIATE');
  return () => {
    other.exec('ROLLBACK');
    other.close();
  };
}

describe('SIGTERM', () => {
  it('[D2] [C4] under load: it ends with 0 in time, and whoever comes back finds everything once', async () => {
    const dataDir = temporaryDirectory();
    const server = await startServer(dataDir);
    const { ann, bea } = await twoPeople(server.url);
    let typed = 0;
    const sent: string[] = [];
    let going = true;
    const load = async () => {
      while (going) {
        type(ann.document, `${(typed += 1)} `);
        if (typed % 10 === 0) {
          sent.push(`${typed}`);
          await bea.room.send(`${typed}`);
        }
        await new Promise<void>((resolve) => {
          setImmediate(resolve);
        });
      }
    };
    const loading = load();
    await reads(bea.document, (text) => text.includes('50 '));
    const start = performance.now();
    expect(await server.kill('SIGTERM')).toEqual({ code: 0, signal: null });
    expect(performance.now() - start).toBeLessThan(10_000);
    await until(ann.person.weft.connection, ({ state }) => state !== 'online');
    going = false;
    await loading;
    const next = await server.restart();
    endWithTest(next);
    const expected = Array.from({ length: typed }, (_, i) => `${i + 1} `).join('');
    for (const { document, room } of [ann, bea]) {
      await until(document.status, ({ state }) => state === 'stored');
      await reads(document, (text) => text === expected);
      const items = await until(
        room.timeline,
        (list) => list.length === sent.length && list.every(({ state }) => state === 'stored'),
      );
      expect(
        items.map((item) => (item.state === 'stored' ? item.message.body.text : item.state)),
      ).toEqual(sent);
    }
  }, 60_000);

  it('[D2] while a write waits for the disk: not ready, no new sockets, the write is stored and answered, exit 0', async () => {
    const dataDir = temporaryDirectory();
    const server = await startServer(dataDir);
    const { ann, bea } = await twoPeople(server.url);
    const unlock = lock(dataDir);
    type(ann.document, 'in hand');
    await readByServer(ann, bea);
    const ended = server.kill('SIGTERM');
    for (;;) {
      const answer = await fetch(`${server.url}/readyz`);
      if (((await answer.json()) as { status: string }).status !== 'draining') continue;
      expect(answer.status).toBe(503);
      break;
    }
    expect((await fetch(`${server.url}/auth/guest`, { method: 'POST' })).status).toBe(503);
    const refused = new WebSocket(`${server.url.replace('http', 'ws')}/sync`);
    await new Promise<void>((resolve) => {
      refused.addEventListener('error', () => resolve());
    });
    unlock();
    expect(await ended).toEqual({ code: 0, signal: null });
    await until(ann.person.weft.connection, ({ state }) => state !== 'online');
    // Answered before the socket closed; and shown, since it is durable.
    expect(ann.document.status.get()).toEqual({ state: 'stored', waiting: 0 });
    expect(textOf(bea.document)).toBe('in hand');
    expect(ann.person.weft.connection.get()).toMatchObject({ code: 'shutting-down' });
  }, 60_000);

  it('[D2] while the disk fails: it ends with 1 in time and says what is not stored, which its author keeps', async () => {
    const dataDir = temporaryDirectory();
    const server = await startServer(dataDir);
    const { ann, bea } = await twoPeople(server.url);
    const unlock = lock(dataDir);
    type(ann.document, 'not stored');
    await readByServer(ann, bea);
    const ended = await server.kill('SIGTERM');
    unlock();
    expect(ended).toEqual({ code: 1, signal: null });
    const words = server
      .output()
      .split('\n')
      .filter((line) => line.startsWith('weft: '));
    expect(words).toHaveLength(1);
    expect(words[0]).toMatch(
      /the disk fails .*locked.*1 write is not stored \(document\/spec: 1\)/,
    );
    await until(ann.person.weft.connection, ({ state }) => state !== 'online');
    expect(ann.document.status.get()).toEqual({ state: 'local', waiting: 1 });
    const next = await server.restart();
    endWithTest(next);
    ann.person.hurry();
    await until(ann.document.status, ({ state }) => state === 'stored');
  }, 60_000);

  it('while the disk hangs: it ends with 1 within WEFT_DRAIN_SECONDS, and says what is not known to be stored', async () => {
    const dataDir = temporaryDirectory();
    const { server, fail } = await startFailing(dataDir, { WEFT_DRAIN_SECONDS: '2' });
    const { ann, bea } = await twoPeople(server.url);
    // Slow first, so that commits move to a thread; then not at all.
    fail('slow');
    for (let i = 0; i < 12; i += 1) {
      type(ann.document, `${i} `);
      await until(ann.document.status, ({ state }) => state === 'stored');
    }
    fail('hang');
    type(ann.document, 'hangs');
    await readByServer(ann, bea);
    const start = performance.now();
    expect(await server.kill('SIGTERM')).toEqual({ code: 1, signal: null });
    expect(performance.now() - start).toBeLessThan(2_500);
    expect(server.output()).toMatch(
      /weft: the shutdown was not done within 2 s; 1 write is not stored \(document\/spec: 1\)/,
    );
    expect(textOf(bea.document)).not.toContain('hangs');
    expect(ann.document.status.get()).toMatchObject({ state: 'local' });
  }, 60_000);

  it('without work: it ends with 0 at once', async () => {
    const server = await startServer(temporaryDirectory());
    expect(await server.kill('SIGTERM')).toEqual({ code: 0, signal: null });
    expect(server.output()).not.toContain('weft:');
  }, 60_000);
});
