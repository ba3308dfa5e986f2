import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { type PlaceState, START_PLACE, afterCommit } from '../src/sqlite/commit-place.ts';
import { openSqliteStore } from '../src/sqlite/index.ts';

const after = (state: PlaceState, ...times: readonly number[]) => times.reduce(afterCommit, state);

describe('where commits run', () => {
  it('stays on the event loop while the disk is quick, whatever a single commit takes', () => {
    expect(after(START_PLACE, 0.2, 50, 0.3, 0.2, 0.1, 60, 0.2, 0.2, 0.2, 0.2, 0.2, 70).place).toBe(
      'loop',
    );
  });

  it('moves to the thread when commits are slow, and back once nearly all of many were quick', () => {
    const slow = after(START_PLACE, 10, 10, 10);
    expect(slow.place).toBe('thread');
    const quick = (count: number) => Array.from({ length: count }, () => 0.2);
    expect(after(slow, ...quick(127)).place).toBe('thread');
    expect(after(slow, ...quick(128)).place).toBe('loop');
    // A disk that pauses now and then is a quick one; one that pauses more often is not.
    const pausing = (every: number) =>
      Array.from({ length: 400 }, (_, index) => (index % every === 0 ? 12 : 0.2));
    expect(
      pausing(40).some((_, count) => after(slow, ...pausing(40).slice(0, count)).place === 'loop'),
    ).toBe(true);
    expect(
      pausing(20).every(
        (_, count) => after(slow, ...pausing(20).slice(0, count)).place === 'thread',
      ),
    ).toBe(true);
  });
});

describe('commits over SQLite', () => {
  it('[C1] [D2] keep their order and their answers when they move to the thread', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'weft-place-'));
    onTestFinished(() => rm(directory, { recursive: true, force: true }));
    // Blocks every commit of this thread, as a slow disk would; the other thread has a prototype of its own.
    const exec = DatabaseSync.prototype.exec;
    const spy = vi.spyOn(DatabaseSync.prototype, 'exec').mockImplementation(function (
      this: DatabaseSync,
      sql,
    ) {
      if (sql === 'COMMIT') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
      exec.call(this, sql);
    });
    onTestFinished(() => spy.mockRestore());
    const store = await openSqliteStore({ file: join(directory, 'weft.db') });
    const entry = (text: string) => ({
      stream: 's',
      principal: 'p',
      kind: 'k',
      at: 0,
      bytes: new TextEncoder().encode(text),
    });
    const numbers: number[] = [];
    for (let round = 0; round < 8; round += 1) {
      const batch = Array.from({ length: 3 }, (_, index) =>
        store.log.append([entry(`${round}-${index}`)]),
      );
      for (const result of await Promise.all(batch)) {
        if (result.outcome === 'appended') numbers.push(...result.numbers);
      }
    }
    expect(numbers).toEqual(Array.from({ length: 24 }, (_, index) => index + 1));
    const blocked = spy.mock.calls.filter(([sql]) => sql === 'COMMIT').length;
    // One for the migration, and three until the disk was known to be slow.
    expect(blocked).toBe(4);
    await store.close();
    const again = await openSqliteStore({ file: join(directory, 'weft.db') });
    expect(
      (await again.log.read('s', 0, 100)).map(({ bytes }) => new TextDecoder().decode(bytes)),
    ).toEqual(Array.from({ length: 24 }, (_, index) => `${Math.floor(index / 3)}-${index % 3}`));
    await again.close();
  });

  it('[D2] a commit that fails stores nothing and says so; the next one begins anew', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'weft-full-'));
    onTestFinished(() => rm(directory, { recursive: true, force: true }));
    const file = join(directory, 'weft.db');
    const store = await openSqliteStore({ file });
    const entry = (bytes: number) => ({
      stream: 's',
      principal: 'p',
      kind: 'k',
      at: 0,
      bytes: new Uint8Array(bytes),
    });
    await store.log.append([entry(10)]);
    let full = true;
    const exec = DatabaseSync.prototype.exec;
    const spy = vi.spyOn(DatabaseSync.prototype, 'exec').mockImplementation(function (
      this: DatabaseSync,
      sql,
    ) {
      // SQLite's own way to a full disk: no page beyond those there are.
      if (sql === 'BEGIN IMMEDIATE')
        exec.call(this, `PRAGMA max_page_count = ${full ? 1 : 1_000_000}`);
      exec.call(this, sql);
    });
    onTestFinished(() => spy.mockRestore());
    const results = await Promise.allSettled([
      store.log.append([entry(100_000)]),
      store.log.append([entry(1)]),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await store.log.head('s')).toBe(1);
    full = false;
    expect(await store.log.append([entry(100_000)])).toEqual({ outcome: 'appended', numbers: [2] });
    await store.close();
  });
});
