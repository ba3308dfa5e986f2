import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, it, onTestFinished } from 'vitest';
import { Checkpointer } from '../src/sqlite/checkpointer.ts';

/** A database in WAL mode that never copies by itself, with one row to write over and over. */
function database() {
  const directory = mkdtempSync(join(tmpdir(), 'weft-checkpoint-'));
  const file = join(directory, 'weft.sqlite');
  const db = new DatabaseSync(file);
  db.exec('PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; CREATE TABLE t (a, b)');
  onTestFinished(() => {
    if (db.isOpen) db.close();
    rmSync(directory, { recursive: true, force: true });
  });
  const insert = db.prepare('INSERT INTO t VALUES (?, ?)');
  const rows = () => Number(db.prepare('SELECT count(*) AS n FROM t').get()?.['n']);
  return { file, db, insert: (n: number) => insert.run(n, 'x'.repeat(2_000)), rows };
}

it('the WAL of a steady stream of commits does not grow for ever: they wait for its end now and then', async () => {
  const { file, insert, rows } = database();
  let held = 0;
  let go: (() => void) | undefined;
  const checkpointer = new Checkpointer(file, () => go?.(), { pages: 50, finish: 200 });
  onTestFinished(() => checkpointer.close());
  const commits = 3_000;
  for (let n = 0; n < commits; n += 1) {
    if (checkpointer.holds) {
      held += 1;
      await new Promise<void>((resolve) => {
        go = resolve;
      });
      expect(checkpointer.holds).toBe(false);
    }
    insert(n);
    checkpointer.wrote(2);
    // The thread's answer is heard between two turns.
    await new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
  }
  expect(rows()).toBe(commits);
  expect(checkpointer.failure).toBeUndefined();
  expect(held).toBeGreaterThan(0);
  // All that was written, two pages for each commit, would be 24 MB.
  expect(statSync(`${file}-wal`).size).toBeLessThan(12 * 1024 * 1024);
});

it('a checkpoint that cannot be made is told, tried again, and holds nobody up', async () => {
  const { file, db, insert } = database();
  insert(1);
  db.close();
  rmSync(file, { force: true });
  const checkpointer = new Checkpointer(join(file, 'not-there'), () => undefined, {
    pages: 1,
    finish: 1,
  });
  onTestFinished(() => checkpointer.close());
  checkpointer.wrote(1);
  await expect.poll(() => checkpointer.failure).toMatch(/unable to open/);
  expect(checkpointer.holds).toBe(false);
});
