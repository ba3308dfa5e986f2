import * as v from 'valibot';
import { naturalSchema } from './schemas.ts';

/** How long the steps of messages take, as histograms. */

/** Upper bounds of the buckets, in milliseconds; what takes longer is in one more. */
export const TIMING_BOUNDS = [
  5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 60_000, 600_000, 3_600_000,
] as const;

export const histogramSchema = v.object({
  /** Of each bucket, in the order of `TIMING_BOUNDS`, and at the end those that took longer. Not cumulative. */
  counts: v.pipe(v.array(naturalSchema), v.length(TIMING_BOUNDS.length + 1)),
  count: naturalSchema,
  /** Milliseconds together. */
  sum: naturalSchema,
});
export type TimingHistogram = v.InferOutput<typeof histogramSchema>;

export const timingsSchema = v.object({
  /** From when on they are counted: UTC milliseconds of the server. */
  since: naturalSchema,
  /** From the sender's clock to the commit; left out where that clock is ahead. */
  sentToStored: histogramSchema,
  /** From the commit until somebody else's device said that it has it. */
  storedToDelivered: histogramSchema,
  /** From then until somebody else's view said that it showed it. */
  deliveredToRead: histogramSchema,
});
export type Timings = v.InferOutput<typeof timingsSchema>;

export const EMPTY_HISTOGRAM: TimingHistogram = {
  counts: Array.from({ length: TIMING_BOUNDS.length + 1 }, () => 0),
  count: 0,
  sum: 0,
};

/** A histogram with one more in it. @param ms a duration; one below 0 counts as 0 */
export function observed(histogram: TimingHistogram, ms: number): TimingHistogram {
  const took = Math.max(0, Math.trunc(ms));
  const found = TIMING_BOUNDS.findIndex((bound) => took <= bound);
  const bucket = found === -1 ? TIMING_BOUNDS.length : found;
  return {
    counts: histogram.counts.map((count, index) => (index === bucket ? count + 1 : count)),
    count: histogram.count + 1,
    sum: histogram.sum + took,
  };
}

/**
 * Milliseconds within which a share of them were done: the upper bound of its bucket, `Infinity` behind the last one.
 * `undefined` of nothing.
 * @param share from 0 to 1
 */
export function doneWithin({ counts, count }: TimingHistogram, share: number): number | undefined {
  if (count === 0) return undefined;
  const wanted = Math.max(1, Math.ceil(share * count));
  let sum = 0;
  for (const [index, each] of counts.entries()) {
    sum += each;
    if (sum >= wanted) return TIMING_BOUNDS[index] ?? Number.POSITIVE_INFINITY;
  }
  return Number.POSITIVE_INFINITY;
}
