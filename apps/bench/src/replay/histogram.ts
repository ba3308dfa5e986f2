/** Durations counted in buckets that grow by 1 %: percentiles of millions of samples in a few kilobytes. */
export interface Histogram {
  /** @param milliseconds 0 or more */
  add(milliseconds: number): void;
  readonly count: number;
  readonly max: number;
  /** The duration that a share of all samples does not exceed, at most 1 % too high. @param share in [0, 1] */
  quantile(share: number): number;
}

const FIRST = 0.01;
const GROWTH = 1.01;

export function createHistogram(): Histogram {
  const buckets: number[] = [];
  let count = 0;
  let max = 0;
  return {
    add: (milliseconds) => {
      const bucket =
        milliseconds <= FIRST ? 0 : Math.ceil(Math.log(milliseconds / FIRST) / Math.log(GROWTH));
      buckets[bucket] = (buckets[bucket] ?? 0) + 1;
      count += 1;
      if (milliseconds > max) max = milliseconds;
    },
    get count() {
      return count;
    },
    get max() {
      return max;
    },
    quantile: (share) => {
      let left = Math.ceil(count * share);
      for (let bucket = 0; bucket < buckets.length; bucket += 1) {
        left -= buckets[bucket] ?? 0;
        if (left <= 0) return Math.min(max, FIRST * GROWTH ** bucket);
      }
      return max;
    },
  };
}
