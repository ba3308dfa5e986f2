import { writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { SMALL_TRACE_SEED, makeSmallTrace } from './small-trace.ts';

/** Writes `traces/small.json.gz` anew: `node apps/bench/src/make-small-trace.ts`. */
writeFileSync(
  new URL('../traces/small.json.gz', import.meta.url),
  gzipSync(JSON.stringify(makeSmallTrace(SMALL_TRACE_SEED)), { level: 9 }),
);
