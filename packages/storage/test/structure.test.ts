import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { openSqliteReader, openSqliteStore } from '../src/sqlite/index.ts';
import { entry, temporaryDirectory } from './support.ts';

async function filled(): Promise<string> {
  const file = join(temporaryDirectory(), 'weft.db');
  const store = await openSqliteStore({ file });
  for (let i = 1; i <= 6; i += 1) {
    await store.log.append([entry('a', `${i}`, { key: `k${i}`, claims: [i] })]);
  }
  await store.log.putSnapshot('a', { upTo: 3, bytes: new Uint8Array([1]) }, 0);
  await store.log.trim('a');
  await store.log.append([entry('b', '1')]);
  await store.close();
  return file;
}

function problemsOf(file: string): readonly string[] {
  const reader = openSqliteReader({ file });
  try {
    return reader.problems();
  } finally {
    reader.close();
  }
}

describe('what is wrong with a log', () => {
  it('is nothing, where nothing is', async () => {
    expect(problemsOf(await filled())).toEqual([]);
  });

  it.each([
    ['DELETE FROM records WHERE number = 5', ['a: 1 of the records 4 to 6 are missing']],
    ['DELETE FROM snapshots', ['a: 3 of the records 1 to 6 are missing']],
    [
      'UPDATE snapshots SET up_to = 9, crc = NULL',
      ['a: its snapshot is of record 9, its head is 6'],
    ],
    [
      'UPDATE streams SET head = 5 WHERE id = 1',
      ['a: record 6 lies beyond its head 5', 'a: a key names record 6, its head is 5'],
    ],
    ["UPDATE keys SET number = 77 WHERE key = 'k1'", ['a: a key names record 77, its head is 6']],
    [
      "UPDATE keys SET number = 5 WHERE key = 'k6'",
      ['a: the key of record 6 names another', 'a: record 5 does not have its key'],
    ],
    ['UPDATE clients SET client = -1 WHERE client = 2', ['a: client id -1 belongs to nobody']],
    [
      'PRAGMA foreign_keys = OFF; DELETE FROM streams WHERE id = 2',
      ['records: a row belongs to no stream'],
    ],
  ])('[C1] is found after %s', async (sql, expected) => {
    const file = await filled();
    const db = new DatabaseSync(file);
    db.exec(sql);
    db.close();
    expect(problemsOf(file)).toEqual(expected);
  });
});
