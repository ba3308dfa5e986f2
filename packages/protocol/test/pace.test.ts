import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Bucket, DEFAULT_PACE, isFull, spend } from '../src/index.ts';

const limits = { burst: 5, perSecond: 2 };

describe('pace', () => {
  it('[C12] lets a burst through, then so many a second, and a refusal takes nothing', () => {
    let bucket: Bucket | undefined;
    const at = (now: number) => {
      const spent = spend(bucket, limits, now);
      ({ bucket } = spent);
      return spent.allowed;
    };
    expect([0, 0, 0, 0, 0, 0].map(at)).toEqual([true, true, true, true, true, false]);
    expect([499, 500, 500, 1000].map(at)).toEqual([false, true, false, true]);
  });

  it('[C12] in any stretch of time lets through at most the burst and what was refilled, whatever the clock does', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -2_000, max: 3_000 }), { maxLength: 80 }), (steps) => {
        let bucket: Bucket | undefined;
        let now = 10_000;
        let risen = 0;
        let allowed = 0;
        for (const step of steps) {
          now += step;
          risen += Math.max(0, step);
          const spent = spend(bucket, limits, now);
          ({ bucket } = spent);
          if (spent.allowed) allowed += 1;
          expect(allowed).toBeLessThanOrEqual(limits.burst + (risen / 1000) * limits.perSecond);
        }
      }),
      { seed: 12, numRuns: 300 },
    );
  });

  it('[C12] is full again after a while, and then nothing of it need be kept', () => {
    const { bucket } = spend(undefined, DEFAULT_PACE, 0);
    expect(isFull(bucket, DEFAULT_PACE, 9)).toBe(false);
    expect(isFull(bucket, DEFAULT_PACE, 10)).toBe(true);
  });
});
