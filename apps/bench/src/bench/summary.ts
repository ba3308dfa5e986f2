import * as v from 'valibot';
import type { Histogram } from '../replay/histogram.ts';

/** What many samples come to; durations are milliseconds. */
export const summarySchema = v.object({
  count: v.number(),
  p50: v.number(),
  p95: v.number(),
  p99: v.number(),
  max: v.number(),
});
export type Summary = v.InferOutput<typeof summarySchema>;

/** What a histogram says; zeros without a sample. */
export function summarize(histogram: Histogram): Summary {
  const { count, max } = histogram;
  if (count === 0) return { count, p50: 0, p95: 0, p99: 0, max };
  return {
    count,
    p50: histogram.quantile(0.5),
    p95: histogram.quantile(0.95),
    p99: histogram.quantile(0.99),
    max,
  };
}
