import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EMPTY_HISTOGRAM, TIMING_BOUNDS, doneWithin, observed } from '../src/index.ts';
import { seeded } from './seeded.ts';

describe('histograms', () => {
  it('count each duration once, and say within what a share of them was done', () => {
    const duration = fc.integer({ min: 0, max: 10_000_000 });
    fc.assert(
      fc.property(
        fc.array(duration, { minLength: 1 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (all, share) => {
          const histogram = all.reduce(observed, EMPTY_HISTOGRAM);
          expect(histogram.count).toBe(all.length);
          expect(histogram.counts.reduce((a, b) => a + b, 0)).toBe(all.length);
          expect(histogram.sum).toBe(all.reduce((a, b) => a + b, 0));
          const within = doneWithin(histogram, share) ?? -1;
          const done = all.filter((each) => each <= within).length;
          expect(done).toBeGreaterThanOrEqual(Math.ceil(share * all.length));
          // And no bound below it would do.
          const lower = TIMING_BOUNDS.findLast((bound) => bound < within);
          const doneLower = all.filter((each) => each <= (lower ?? -1)).length;
          expect(doneLower).toBeLessThan(Math.max(1, Math.ceil(share * all.length)));
        },
      ),
      seeded,
    );
  });

  it('say nothing of nothing, and take what a clock turned back for no time at all', () => {
    expect(doneWithin(EMPTY_HISTOGRAM, 0.5)).toBeUndefined();
    expect(doneWithin(observed(EMPTY_HISTOGRAM, -3), 0.5)).toBe(5);
    expect(doneWithin(observed(EMPTY_HISTOGRAM, 4_000_000), 0.5)).toBe(Number.POSITIVE_INFINITY);
  });
});
