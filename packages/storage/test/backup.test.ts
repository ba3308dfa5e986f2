import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import type { Store } from '../src/index.ts';
import {
  backupDatabase,
  openSqliteReader,
  openSqliteStore,
  restoreDatabase,
} from '../src/sqlite/index.ts';
import { contentsOf, entry, temporaryDirectory } from './support.ts';

const NOW = 1_800_000_000_000;
const sound = async () => undefined;

/** A closed database that holds one record per text, in stream `a`. */
async function filled(texts: readonly string[], directory = temporaryDirectory()) {
  const file = join(directory, 'weft.db');
  const store = await openSqliteStore({ file });
  for (const text of texts) await store.log.append([entry('a', text)]);
  await store.close();
  return { file, directory, identity: store.identity };
}

async function textsOf(file: string): Promise<readonly string[]> {
  const reader = openSqliteReader({ file });
  const records = await reader.log.read('a', 0, 1_000_000);
  reader.close();
  return records.map(({ bytes }) => new TextDecoder().decode(bytes));
}

/** Keeps a file, and gives its hash. */
async function bring({ blobs }: Store, text: string): Promise<string> {
  if (blobs === undefined) throw new Error('It keeps no files.');
  const bytes = new TextEncoder().encode(text);
  const hash = createHash('sha256').update(bytes).digest('hex');
  const chunks = async function* () {
    yield bytes;
  };
  await blobs.put('_', hash, chunks(), NOW);
  return hash;
}

const fileIn = (folder: string, hash: string) => join(folder, '_', hash.slice(0, 2), hash);

describe('backing up', () => {
  it('[D2] beside a store that goes on writing: everything stored before is in one sound file', async () => {
    const directory = temporaryDirectory();
    const file = join(directory, 'weft.db');
    const store = await openSqliteStore({ file });
    let going = true;
    let stored = 0;
    const write = async () => {
      while (going) {
        const { outcome } = await store.log.append([entry('a', `${stored + 1}`)]);
        if (outcome === 'appended') stored += 1;
      }
    };
    const writing = write();
    const before: { stored: number; to: string }[] = [];
    while (before.length < 5) {
      const to = join(directory, `backup-${before.length}.db`);
      const least = stored;
      await backupDatabase({ file, to });
      before.push({ stored: least, to });
    }
    going = false;
    await writing;
    await store.close();
    for (const { stored: least, to } of before) {
      const texts = await textsOf(to);
      expect(texts.length).toBeGreaterThanOrEqual(least);
      expect(texts).toEqual(Array.from({ length: texts.length }, (_, i) => `${i + 1}`));
      const reader = openSqliteReader({ file: to });
      expect(reader.problems()).toEqual([]);
      expect(reader.identity).toEqual(store.identity);
      reader.close();
    }
    expect(readdirSync(directory).filter((name) => name.endsWith('.part'))).toEqual([]);
  });

  it('overwrites nothing, and leaves nothing behind when it cannot', async () => {
    const { file, directory } = await filled(['1']);
    const to = join(directory, 'kept');
    writeFileSync(to, 'mine');
    await expect(backupDatabase({ file, to })).rejects.toMatchObject({ code: 'unwritable' });
    expect(readFileSync(to, 'utf8')).toBe('mine');
    await expect(
      backupDatabase({ file, to: join(directory, 'none', 'b.db') }),
    ).rejects.toMatchObject({ code: 'unwritable' });
    await expect(
      backupDatabase({ file: join(directory, 'nothing.db'), to: join(directory, 'b.db') }),
    ).rejects.toMatchObject({ code: 'not-a-database' });
    expect(readdirSync(directory).filter((name) => name.startsWith('b.db'))).toEqual([]);
  });

  it('does not copy what is damaged', async () => {
    const { file, directory } = await filled(Array.from({ length: 50 }, () => 'x'.repeat(2_000)));
    const bytes = readFileSync(file);
    bytes.fill(0xff, 6 * 4096, 6 * 4096 + 64);
    writeFileSync(file, bytes);
    await expect(backupDatabase({ file, to: join(directory, 'b.db') })).rejects.toMatchObject({
      code: 'damaged',
    });
    expect(existsSync(join(directory, 'b.db'))).toBe(false);
  });
});

describe('restoring', () => {
  it('puts the back-up in place, raises the epoch above both, and keeps the old database', async () => {
    const { file, directory, identity } = await filled(['1', '2']);
    const backup = join(directory, 'backup.db');
    await backupDatabase({ file, to: backup });
    const store = await openSqliteStore({ file });
    await store.log.append([entry('a', '3')]);
    await store.close();
    const restored = await restoreDatabase({ file, backup, now: NOW, check: sound });
    expect(restored.identity).toEqual({ serverId: identity.serverId, epoch: 2 });
    expect(await textsOf(file)).toEqual(['1', '2']);
    expect(await textsOf(restored.aside ?? '')).toEqual(['1', '2', '3']);
    // Once more, from the same back-up: clients have seen epoch 2.
    const again = await restoreDatabase({ file, backup, now: NOW, check: sound });
    expect(again.identity.epoch).toBe(3);
    expect(existsSync(restored.aside ?? '')).toBe(true);
    const opened = await openSqliteStore({ file });
    expect(opened.identity).toEqual({ serverId: identity.serverId, epoch: 3 });
    await opened.close();
    expect(await textsOf(backup)).toEqual(['1', '2']);
  });

  it('keeps the end of a recovery window, and forgets it at the next restore', async () => {
    const { file, directory } = await filled(['1']);
    const backup = join(directory, 'backup.db');
    await backupDatabase({ file, to: backup });
    const until = NOW + 60_000;
    await restoreDatabase({ file, backup, now: NOW, recoveryUntil: until, check: sound });
    const store = await openSqliteStore({ file });
    expect(store.identity).toMatchObject({ epoch: 2, recoveryUntil: until });
    await store.close();
    const second = join(directory, 'second.db');
    await backupDatabase({ file, to: second });
    const { identity } = await restoreDatabase({ file, backup: second, now: NOW, check: sound });
    expect(identity).not.toHaveProperty('recoveryUntil');
  });

  it('is refused while a server has the database, and changes nothing', async () => {
    const { file, directory } = await filled(['1']);
    const backup = join(directory, 'backup.db');
    await backupDatabase({ file, to: backup });
    const store = await openSqliteStore({ file });
    await expect(restoreDatabase({ file, backup, now: NOW, check: sound })).rejects.toMatchObject({
      code: 'in-use',
    });
    expect(await store.log.append([entry('a', '2')])).toMatchObject({ numbers: [2] });
    await store.close();
    expect(store.identity.epoch).toBe(1);
  });

  it('refuses a back-up that is foreign, newer, damaged, missing or does not pass the check', async () => {
    const { file, directory } = await filled(['1']);
    const good = join(directory, 'good.db');
    await backupDatabase({ file, to: good });
    const before = contentsOf(directory);
    const bad = join(temporaryDirectory(), 'bad.db');
    const restore = (check: () => Promise<void> = sound) =>
      restoreDatabase({ file, backup: bad, now: NOW, check });

    await expect(restore()).rejects.toMatchObject({ code: 'not-a-database' });
    writeFileSync(bad, 'no database '.repeat(1_000));
    await expect(restore()).rejects.toMatchObject({ code: 'not-a-database' });
    rmSync(bad);
    new DatabaseSync(bad).exec('CREATE TABLE t (x)');
    await expect(restore()).rejects.toMatchObject({ code: 'not-a-database' });
    copyFileSync(good, bad);
    const newer = new DatabaseSync(bad);
    newer.exec('PRAGMA user_version = 99');
    newer.close();
    await expect(restore()).rejects.toMatchObject({ code: 'newer' });
    copyFileSync(good, bad);
    await expect(restore(() => Promise.reject(new Error('not sound')))).rejects.toThrow();

    const after = contentsOf(directory);
    for (const name of ['weft.db', 'good.db']) expect(after[name]).toBe(before[name]);
    expect(await textsOf(file)).toEqual(['1']);
  });

  it('[B1] sets the files of the old database aside before anything has another name, or nothing at all', async () => {
    const { file, directory } = await filled(['1']);
    const backup = join(directory, 'backup.db');
    await backupDatabase({ file, to: backup });
    const store = await openSqliteStore({ file });
    const hash = await bring(store, 'said after the back-up');
    await store.close();
    const folder = `${file}.before-epoch-2.files`;
    // Where its files are to be there is something else: they cannot be set aside.
    writeFileSync(folder, 'in the way');
    await expect(restoreDatabase({ file, backup, now: NOW, check: sound })).rejects.toThrow();
    const same = await openSqliteStore({ file });
    expect(same.identity.epoch).toBe(1);
    expect(await same.blobs?.find('_', hash)).toMatchObject({ bytes: 22 });
    await same.close();
    rmSync(folder);
    const { aside } = await restoreDatabase({ file, backup, now: NOW, check: sound });
    expect(existsSync(fileIn(`${aside}.files`, hash))).toBe(true);
  });

  it('[B1] goes on with files that an attempt before had set aside, and leaves those without a name', async () => {
    const { file, directory } = await filled(['1']);
    const backup = join(directory, 'backup.db');
    await backupDatabase({ file, to: backup });
    const store = await openSqliteStore({ file });
    const [first, second] = [await bring(store, 'the first'), await bring(store, 'the second')];
    await store.close();
    const files = `${file}.files`;
    writeFileSync(join(files, '.part', 'half'), 'ha');
    // As a crash between the first file and the second would leave it.
    const folder = `${file}.before-epoch-2.files`;
    mkdirSync(join(fileIn(folder, first), '..'), { recursive: true });
    linkSync(fileIn(files, first), fileIn(folder, first));
    const { aside } = await restoreDatabase({ file, backup, now: NOW, check: sound });
    expect(`${aside}.files`).toBe(folder);
    for (const hash of [first, second]) expect(existsSync(fileIn(folder, hash))).toBe(true);
    expect(existsSync(join(folder, '.part'))).toBe(false);
  });

  it('[B1] that ended between two names has one place for what it set aside', async () => {
    const { file, directory } = await filled(['1']);
    const backup = join(directory, 'backup.db');
    await backupDatabase({ file, to: backup });
    const store = await openSqliteStore({ file });
    const hash = await bring(store, 'said after the back-up');
    await store.close();
    await restoreDatabase({ file, backup, now: NOW, check: sound });
    // As a crash would leave it that came before the old database had its new name.
    const folder = `${file}.before-epoch-2`;
    renameSync(file, `${file}.restored`);
    renameSync(folder, file);
    const { identity, aside } = await restoreDatabase({ file, backup, now: NOW, check: sound });
    expect(identity.epoch).toBe(3);
    expect(aside).toBe(folder);
    expect(existsSync(fileIn(`${folder}.files`, hash))).toBe(true);
    expect(readdirSync(directory).filter((name) => name.includes('before-epoch-3'))).toEqual([]);
  });

  it('passes an epoch that it cannot read', async () => {
    const { file, directory } = await filled(['1']);
    const backup = join(directory, 'backup.db');
    await backupDatabase({ file, to: backup });
    writeFileSync(file, 'lost '.repeat(1_000));
    const { identity, aside } = await restoreDatabase({ file, backup, now: NOW, check: sound });
    expect(identity.epoch).toBeGreaterThan(1_000_000);
    expect(readFileSync(aside ?? '', 'utf8')).toContain('lost');
  });

  it('[D2] is never half done: a server that starts in between refuses, and a second restore ends it', async () => {
    const { file, directory } = await filled(['1']);
    const backup = join(directory, 'backup.db');
    await backupDatabase({ file, to: backup });
    await restoreDatabase({ file, backup, now: NOW, check: sound });
    // As a crash between the last two renames would leave it.
    renameSync(file, `${file}.restored`);
    await expect(openSqliteStore({ file })).rejects.toMatchObject({ code: 'damaged' });
    const { identity } = await restoreDatabase({ file, backup, now: NOW, check: sound });
    expect(identity.epoch).toBeGreaterThan(2);
    expect(existsSync(`${file}.restored`)).toBe(false);
    expect(await textsOf(file)).toEqual(['1']);
  });
});
