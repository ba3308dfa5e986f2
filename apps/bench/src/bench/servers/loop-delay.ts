import { monitorEventLoopDelay } from 'node:perf_hooks';

/** Milliseconds between two looks. */
const EVERY = 1;
const NANOSECONDS = 1e6;

export interface LoopDelay {
  /** Milliseconds that looks came late since the last call. */
  take(): { readonly p50: number; readonly p99: number; readonly max: number };
}

/** Watches how long the event loop keeps others waiting. Node's histogram holds the time between looks: the pause itself is taken off. */
export function watchLoopDelay(): LoopDelay {
  const histogram = monitorEventLoopDelay({ resolution: EVERY });
  histogram.enable();
  const late = (nanoseconds: number) => Math.max(0, nanoseconds / NANOSECONDS - EVERY);
  return {
    take: () => {
      const { max } = histogram;
      const delay = {
        p50: late(histogram.percentile(50)),
        p99: late(histogram.percentile(99)),
        max: late(max),
      };
      histogram.reset();
      return delay;
    },
  };
}
