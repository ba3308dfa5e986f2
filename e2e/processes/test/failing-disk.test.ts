import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { contentHash } from '@weft/protocol';
import { checkContents } from '@weft/server';
import { openSqliteReader } from '@weft/storage/sqlite';
import { describe, expect, it, onTestFinished } from 'vitest';
import { until } from '../src/until.ts';
import {
  type People,
  reads,
  startFailing,
  startServer,
  temporaryDirectory,
  textOf,
  twoPeople,
  type,
} from './kit.ts';

/** What must hold in the end: everything once, everywhere, and a sound database. */
async function expectWhole({ ann, bea }: People, dataDir: string, text: string, sent: string[]) {
  for (const { document, room } of [ann, bea]) {
    await until(document.status, ({ state }) => state === 'stored');
    await reads(document, (found) => found === text);
    const items = await until(
      room.timeline,
      (list) => list.length === sent.length && list.every(({ state }) => state === 'stored'),
    );
    expect(
      items.map((item) => (item.state === 'stored' ? item.message.body.text : item.state)),
    ).toEqual(sent);
  }
  expect(contentHash(ann.document.doc)).toBe(contentHash(bea.document.doc));
  const reader = openSqliteReader({ file: join(dataDir, 'weft.db') });
  try {
    expect(reader.problems()).toEqual([]);
    const { problems, messages } = await checkContents(reader.log, reader.streams);
    expect(problems).toEqual([]);
    expect(messages).toBe(sent.length);
  } finally {
    reader.close();
  }
}

const ready = async (url: string) => {
  const response = await fetch(`${url}/readyz`);
  return { status: response.status, body: (await response.json()) as unknown };
};

/** The status of a server whose disk fails: local, and why. */
async function expectSaysWhy({ person, document }: People['ann']) {
  const status = await until(person.weft.connection, (now) => now.state === 'waiting');
  expect(status).toMatchObject({ code: 'storage-failed' });
  expect(document.status.get().state).toBe('local');
}

describe('a disk that fails under a running server', () => {
  it.each(['commit', 'after-commit'] as const)(
    '[D2] [C4] I/O error at "%s": nothing reads stored, the status says why, editing goes on, and it heals by itself',
    async (how) => {
      const dataDir = temporaryDirectory();
      const { server, fail, heal } = await startFailing(dataDir);
      const people = await twoPeople(server.url);
      const { ann, bea } = people;
      type(ann.document, 'one ');
      await until(ann.document.status, ({ state }) => state === 'stored');
      await reads(bea.document, (text) => text === 'one ');

      fail(how);
      type(ann.document, 'two ');
      const sending = ann.room.send('said meanwhile');
      await expectSaysWhy(ann);
      await sending;
      expect(await ready(server.url)).toMatchObject({
        status: 503,
        body: {
          status: 'failing',
          code: 'storage-failed',
          reason: expect.stringContaining('I/O error'),
        },
      });
      // Editing goes on.
      type(ann.document, 'three ');
      expect(ann.document.status.get().state).not.toBe('stored');
      expect(textOf(ann.document)).toBe('one two three ');

      heal();
      await expectWhole(people, dataDir, 'one two three ', ['said meanwhile']);
      expect(await ready(server.url)).toMatchObject({ status: 200 });
      expect(await server.kill('SIGTERM')).toMatchObject({ code: 0 });
    },
    60_000,
  );

  it('[D2] locked by another program: the server answers meanwhile, says so, and goes on when the lock is gone', async () => {
    const dataDir = temporaryDirectory();
    const server = await startServer(dataDir);
    const people = await twoPeople(server.url);
    const { ann } = people;
    const other = new DatabaseSync(join(dataDir, 'weft.db'), { timeout: 5_000 });
    other.exec('BEGIN IMMEDIATE');
    type(ann.document, 'held up ');
    await expectSaysWhy(ann);
    const { status, body } = await ready(server.url);
    expect(status).toBe(503);
    expect(JSON.stringify(body)).toMatch(/locked/);
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
    other.exec('ROLLBACK');
    other.close();
    await expectWhole(people, dataDir, 'held up ', []);
  }, 60_000);

  it('[D2] a full disk: nothing is lost or doubled when there is room again', async ({ skip }) => {
    const dataDir = join(temporaryDirectory(), 'small');
    mkdirSync(dataDir);
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', dataDir]);
    if (mounted.status !== 0) skip('this user may not mount a small file system');
    onTestFinished(() => {
      spawnSync('umount', ['-l', dataDir]);
    });
    const server = await startServer(dataDir);
    const people = await twoPeople(server.url);
    const { ann } = people;
    type(ann.document, 'before ');
    await until(ann.document.status, ({ state }) => state === 'stored');
    const filler = join(dataDir, 'filler');
    fill(filler);
    const long = 'x'.repeat(100_000);
    type(ann.document, long);
    await expectSaysWhy(ann);
    const { status, body } = await ready(server.url);
    if (status !== 200) expect(JSON.stringify(body)).toMatch(/full/);
    type(ann.document, ' after');
    rmSync(filler);
    await expectWhole(people, dataDir, `before ${long} after`, []);
    expect(await server.kill('SIGTERM')).toMatchObject({ code: 0 });
  }, 60_000);
});

/** Takes all the room there is. */
function fill(file: string): void {
  const block = new Uint8Array(4096);
  try {
    for (;;) writeFileSync(file, block, { flag: 'a' });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
  }
}
