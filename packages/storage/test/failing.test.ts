import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { openSqliteStore } from '../src/sqlite/index.ts';
import { entry, temporaryDirectory } from './support.ts';

/** Runs something at each statement of this thread; what it throws is what the disk answers. */
function atStatement(act: (sql: string, run: () => void) => void) {
  const exec = DatabaseSync.prototype.exec;
  const spy = vi.spyOn(DatabaseSync.prototype, 'exec').mockImplementation(function (
    this: DatabaseSync,
    sql,
  ) {
    act(sql, () => exec.call(this, sql));
  });
  onTestFinished(() => spy.mockRestore());
}

const textsOf = (records: readonly { bytes: Uint8Array }[]) =>
  records.map(({ bytes }) => new TextDecoder().decode(bytes));

describe('a disk that fails', () => {
  it('[D2] [C3] at COMMIT: nothing is answered as stored, nothing is there, and the same append goes through later', async () => {
    const file = join(temporaryDirectory(), 'weft.db');
    const store = await openSqliteStore({ file });
    let failing = true;
    atStatement((sql, run) => {
      if (sql === 'COMMIT' && failing) throw new Error('disk I/O error');
      run();
    });
    await expect(store.log.append([entry('a', '1', { key: 'k' })])).rejects.toMatchObject({
      code: 'failed',
    });
    expect(await store.log.head('a')).toBe(0);
    failing = false;
    expect(await store.log.append([entry('a', '1', { key: 'k' })])).toMatchObject({ numbers: [1] });
    expect(await store.health?.()).toEqual({ state: 'well' });
    await store.close();
  });

  it('[D2] [C3] after COMMIT: the outcome is unknown, so it is not answered as stored; the log says what holds', async () => {
    const file = join(temporaryDirectory(), 'weft.db');
    const store = await openSqliteStore({ file });
    let failing = true;
    const commits: string[] = [];
    atStatement((sql, run) => {
      run();
      if (sql !== 'COMMIT') return;
      commits.push(sql);
      if (failing) throw new Error('disk I/O error');
    });
    await expect(store.log.append([entry('a', '1', { key: 'k' })])).rejects.toMatchObject({
      code: 'failed',
    });
    // The same COMMIT is not run again: an fsync that failed once may be called a success the next time.
    expect(commits).toHaveLength(1);
    failing = false;
    // What the log holds decides: the key is there, and its repetition is told as one.
    expect(await store.log.append([entry('a', '1', { key: 'k' })])).toEqual({
      outcome: 'repeated',
      numbers: [1],
    });
    expect(textsOf(await store.log.read('a', 0, 10))).toEqual(['1']);
    await store.close();
  });

  it('[D2] locked by another connection: nobody on the event loop waits for it, and it is stored in the end', async () => {
    const file = join(temporaryDirectory(), 'weft.db');
    const store = await openSqliteStore({ file });
    await store.log.append([entry('a', '1')]);
    const other = new DatabaseSync(file);
    other.exec('BEGIN IMMEDIATE');
    const appending = store.log.append([entry('a', '2')]);
    let longest = 0;
    let last = performance.now();
    let turns = 0;
    // The event loop goes on turning while the thread waits.
    while (turns < 200) {
      await new Promise<void>((resolve) => {
        setImmediate(resolve);
      });
      longest = Math.max(longest, performance.now() - last);
      last = performance.now();
      turns += 1;
    }
    expect(longest).toBeLessThan(2_000);
    other.exec('ROLLBACK');
    expect(await appending).toMatchObject({ numbers: [2] });
    other.close();
    await store.close();
  });

  it('[D2] locked for longer than it waits: it says so, and is well again when the lock is gone', async () => {
    const file = join(temporaryDirectory(), 'weft.db');
    const store = await openSqliteStore({ file });
    const other = new DatabaseSync(file);
    other.exec('BEGIN IMMEDIATE');
    await expect(store.log.append([entry('a', '1')])).rejects.toMatchObject({
      code: 'failed',
      message: expect.stringContaining('locked'),
    });
    expect(await store.log.head('a')).toBe(0);
    expect(await store.health?.()).toMatchObject({
      state: 'failing',
      reason: expect.stringContaining('locked'),
    });
    other.exec('ROLLBACK');
    other.close();
    // Nobody writes: the question itself tries a commit.
    expect(await store.health?.()).toEqual({ state: 'well' });
    expect(await store.log.append([entry('a', '1')])).toMatchObject({ numbers: [1] });
    await store.close();
  });
});
