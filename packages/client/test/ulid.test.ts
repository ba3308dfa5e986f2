import { monotonicFactory } from 'ulid';
import { expect, it } from 'vitest';
import { risingUlids } from '../src/ulid.ts';
import { mulberry32 } from './kit/manual-env.ts';

it('[C5] ids rise, and are those of the package that everybody knows', () => {
  const ours = risingUlids(mulberry32(7));
  const theirs = monotonicFactory(mulberry32(7));
  const step = mulberry32(8);
  let now = 1_700_000_000_000;
  let before = '';
  for (let count = 0; count < 2_000; count += 1) {
    // Forward, not at all, and back.
    now += Math.floor(step() * 5) - 2;
    const id = ours(now);
    expect(id).toBe(theirs(now));
    expect(id > before).toBe(true);
    before = id;
  }
});

it('[C5] a last digit that is the highest is carried', () => {
  // Draws come from the last digit to the first.
  const draws = [31, 31, 5, ...Array.from({ length: 13 }, () => 0)].map((digit) => digit / 32);
  const next = risingUlids(() => draws.shift() ?? 0);
  expect(next(1).slice(-3)).toBe('5ZZ');
  expect(next(1).slice(-3)).toBe('600');
});
