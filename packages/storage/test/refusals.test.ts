import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { backupDatabase, openSqliteReader, openSqliteStore } from '../src/sqlite/index.ts';
import { APPLICATION_ID, MIGRATIONS } from '../src/sqlite/schema.ts';
import { contentsOf, entry, temporaryDirectory } from './support.ts';

/** Opening must be refused with one line, and nothing in the directory may change or appear. */
async function expectRefused(file: string, directory: string, code: string) {
  const before = contentsOf(directory);
  const refusal = await openSqliteStore({ file }).then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(refusal).toMatchObject({ name: 'StorageError', code });
  const { message } = refusal as Error;
  expect(message).toContain(file);
  expect(message).not.toMatch(/[\n\r]/);
  const after = contentsOf(directory);
  expect(after).toEqual(before);
}

/** A database of some pages, closed: all of it is in the file. */
async function filled(directory: string): Promise<string> {
  const file = join(directory, 'weft.db');
  const store = await openSqliteStore({ file });
  for (let i = 0; i < 40; i += 1) {
    await store.log.append([entry(`s${i % 4}`, `${i} `.repeat(500), { key: `k${i}` })]);
  }
  await store.close();
  return file;
}

describe('databases that are not ours to open', () => {
  it('a database of another program is refused and left as it is', async () => {
    const directory = temporaryDirectory();
    const file = join(directory, 'weft.db');
    const other = new DatabaseSync(file);
    other.exec('CREATE TABLE notes (text TEXT); INSERT INTO notes VALUES (1)');
    other.close();
    await expectRefused(file, directory, 'not-a-database');
  });

  it('a file that is no database is refused and left as it is', async () => {
    const directory = temporaryDirectory();
    const file = join(directory, 'weft.db');
    writeFileSync(file, 'Somebody may need this. '.repeat(300));
    await expectRefused(file, directory, 'not-a-database');
  });

  it('a newer database is refused and left as it is', async () => {
    const directory = temporaryDirectory();
    const file = await filled(directory);
    const db = new DatabaseSync(file);
    db.exec(`PRAGMA user_version = ${MIGRATIONS.length + 1}`);
    db.close();
    await expectRefused(file, directory, 'newer');
    expect(() => openSqliteReader({ file })).toThrowError(
      expect.objectContaining({ code: 'newer' }),
    );
  });

  it('[D4] flipped bytes are noticed: at opening, by the check, or they changed nothing that was written', async () => {
    const source = await filled(temporaryDirectory());
    const bytes = readFileSync(source);
    const expected = await contents(source);
    let refused = 0;
    let found = 0;
    // One flip in each half of every page: headers, free space, rows.
    for (let at = 512; at < bytes.length; at += 2048) {
      const directory = temporaryDirectory();
      const file = join(directory, 'weft.db');
      const flipped = Uint8Array.from(bytes);
      for (let i = 0; i < 16; i += 1) flipped[at + i] = (flipped[at + i] ?? 0) ^ 0xff;
      writeFileSync(file, flipped);
      const opened = await openSqliteStore({ file }).then(
        (store) => store,
        () => undefined,
      );
      if (opened === undefined) {
        refused += 1;
        await expectRefused(file, directory, 'damaged');
        continue;
      }
      await opened.close();
      const problems = problemsOf(file);
      if (problems.length > 0) found += 1;
      // Room that nothing uses: the file is whole, and says what was written.
      else expect(await contents(file), `flipped at ${at}`).toEqual(expected);
    }
    expect(refused).toBeGreaterThan(0);
    expect(found).toBeGreaterThan(0);
  });

  it('[D4] a record or a snapshot that a medium changed is neither read nor copied, and named by the check', async () => {
    const file = join(temporaryDirectory(), 'weft.db');
    const first = await openSqliteStore({ file });
    await first.log.append([entry('a', 'one'), entry('a', 'two'), entry('b', 'three')]);
    await first.log.append([entry('c', 'four')]);
    await first.log.putSnapshot('c', { upTo: 1, bytes: Uint8Array.of(1, 2, 3) }, 0);
    await first.close();
    const db = new DatabaseSync(file);
    db.exec(`
      UPDATE records SET bytes = CAST('twu' AS BLOB) WHERE bytes = CAST('two' AS BLOB);
      UPDATE records SET principal = 'bob' WHERE bytes = CAST('three' AS BLOB);
      UPDATE snapshots SET bytes = X'010203FF';
    `);
    db.close();
    expect(problemsOf(file)).toEqual([
      'a: record 2 is not what was written',
      'b: record 1 is not what was written',
      'c: its snapshot is not what was written',
    ]);
    const to = join(temporaryDirectory(), 'backup.db');
    await expect(backupDatabase({ file, to })).rejects.toMatchObject({ code: 'damaged' });
    expect(existsSync(to)).toBe(false);
    const { log, close } = await openSqliteStore({ file });
    const damaged = { name: 'StorageError', code: 'damaged' };
    await expect(log.read('a', 0, 10)).rejects.toMatchObject(damaged);
    await expect(log.read('b', 0, 10)).rejects.toMatchObject(damaged);
    await expect(log.snapshot('c')).rejects.toMatchObject(damaged);
    // What is sound goes on.
    expect((await log.read('a', 0, 1)).map(({ number }) => number)).toEqual([1]);
    expect(await log.append([entry('a', 'five')])).toMatchObject({ numbers: [3] });
    await close();
  });

  it('a database that was cut short is refused', async () => {
    const directory = temporaryDirectory();
    const file = await filled(directory);
    const bytes = readFileSync(file);
    writeFileSync(file, bytes.subarray(0, bytes.length - 3 * 4096));
    await expectRefused(file, directory, 'damaged');
  });
});

describe('databases of earlier versions', () => {
  /** A database as version 1 left it, with two keyed records and a snapshot. */
  function versionOne(file: string) {
    const db = new DatabaseSync(file);
    db.exec(String(MIGRATIONS[0]));
    db.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = 1`);
    db.exec(`
      INSERT INTO meta VALUES ('server-id', 'the-server'), ('epoch', '3');
      INSERT INTO streams VALUES (1, 'a', 3), (2, 'b', 1);
      INSERT INTO records VALUES
        (1, 2, 'k2', 'ann', 'update', 5, X'0102'),
        (1, 3, NULL, 'bea', 'update', 6, X'03'),
        (2, 1, 'k2', 'ann', 'event', 7, X'04');
      INSERT INTO snapshots VALUES (1, 1, X'00');
      INSERT INTO resources VALUES ('_', 'document', 'd', 'workspace/main', 'ann', 1);
      INSERT INTO members VALUES ('_', 'workspace/main', 'ann', 'editor');
      INSERT INTO guests VALUES ('hash', '_', 'ann', 'Ann');
    `);
    db.close();
  }

  it('[C3] [D4] keep everything, and what was added since works on them', async () => {
    const file = join(temporaryDirectory(), 'weft.db');
    versionOne(file);
    for (let opening = 1; opening <= 2; opening += 1) {
      const { log, registry, identity, close } = await openSqliteStore({ file });
      expect(identity).toEqual({ serverId: 'the-server', epoch: 3 });
      expect(await log.head('a')).toBe(3);
      expect((await log.read('a', 0, 10)).map(({ number, bytes }) => [number, ...bytes])).toEqual([
        [2, 1, 2],
        [3, 3],
      ]);
      expect((await log.find('a', 'k2'))?.number).toBe(2);
      expect(await log.append([entry('b', 'again', { key: 'k2' })])).toEqual({
        outcome: 'repeated',
        numbers: [1],
      });
      expect(await log.snapshot('a')).toEqual({ upTo: 1, bytes: Uint8Array.of(0) });
      expect(await log.claim('a', 7, 'ann')).toBe('ann');
      expect(await registry.resource('_', 'document', 'd')).toMatchObject({ owner: 'ann' });
      expect(await registry.member('_', 'workspace/main', 'ann')).toBe('editor');
      expect(await registry.guest('hash')).toEqual({ tenant: '_', sub: 'ann', name: 'Ann' });
      await close();
    }
    const reader = openSqliteReader({ file });
    expect(reader.problems()).toEqual([]);
    expect(reader.figures).toMatchObject({ version: MIGRATIONS.length, streams: 2, records: 3 });
    // Three records and a snapshot, from before there were checksums.
    expect(reader.figures.unsummed).toBe(4);
    reader.close();
  });

  it('[D4] a migration that fails leaves the old version, whole', async () => {
    const file = join(temporaryDirectory(), 'weft.db');
    versionOne(file);
    // Something in the way of the second migration.
    const db = new DatabaseSync(file);
    db.exec('CREATE TABLE keys (mine TEXT)');
    db.close();
    await expect(openSqliteStore({ file })).rejects.toMatchObject({ code: 'failed' });
    const after = new DatabaseSync(file);
    expect(after.prepare('PRAGMA user_version').get()).toEqual({ user_version: 1 });
    expect(after.prepare('SELECT count(*) AS n FROM records').get()).toEqual({ n: 3 });
    after.exec('DROP TABLE keys');
    after.close();
    await (await openSqliteStore({ file })).close();
  });
});

/** Everything that the log of a database says. */
async function contents(file: string) {
  const reader = openSqliteReader({ file });
  const found = [];
  for (const stream of reader.streams) {
    for (const record of await reader.log.read(stream, 0, 1_000)) {
      found.push(record);
    }
  }
  reader.close();
  return found;
}

function problemsOf(file: string): readonly string[] {
  const reader = openSqliteReader({ file });
  try {
    return reader.problems();
  } finally {
    reader.close();
  }
}
