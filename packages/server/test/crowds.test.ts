import { openMemoryStore } from '@weft/storage/memory';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Snapshots } from '../src/engine/snapshots.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const STREAM = 'main/document/plan';

/** Snapshots, and whether loading the stream may begin. */
async function crowdAt() {
  const snapshots = new Snapshots((await openMemoryStore()).log);
  const newcomer = () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    snapshots.serving(STREAM, promise);
    return resolve;
  };
  return { snapshots, newcomer };
}

/** Runs what is due, then tells whether a promise has settled. */
async function settles(promise: Promise<unknown>, ms: number): Promise<boolean> {
  let settled = false;
  void promise.finally(() => (settled = true));
  await vi.advanceTimersByTimeAsync(ms);
  return settled;
}

test('loading waits for one who comes a moment after the first of a crowd was served', async () => {
  const { snapshots, newcomer } = await crowdAt();
  const first = newcomer();
  const served = snapshots.served(STREAM);
  first();
  expect(await settles(served, 4)).toBe(false);
  const second = newcomer();
  expect(await settles(served, 20)).toBe(false);
  second();
  expect(await settles(served, 5)).toBe(true);
});

test('loading does not wait for one who reads slowly, and the next crowd is waited for anew', async () => {
  const { snapshots, newcomer } = await crowdAt();
  newcomer();
  expect(await settles(snapshots.served(STREAM), 49)).toBe(false);
  expect(await settles(snapshots.served(STREAM), 1)).toBe(true);
  const next = newcomer();
  const served = snapshots.served(STREAM);
  expect(await settles(served, 10)).toBe(false);
  next();
  expect(await settles(served, 5)).toBe(true);
});

test('a document that nobody is being sent is loaded at once', async () => {
  expect(await settles((await crowdAt()).snapshots.served(STREAM), 0)).toBe(true);
});
