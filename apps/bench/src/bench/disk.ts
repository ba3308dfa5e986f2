import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { createHistogram } from '../replay/histogram.ts';
import { type Summary, summarize } from './summary.ts';

/** Bytes of one write: about what a commit of a few small records writes. */
const BYTES = 16 * 1024;

const COUNT = 300;
const PAUSE_MS = 2;

/** How long this disk takes to keep what is appended to a file, where servers have their data. Takes about a second. */
export async function measureDisk(): Promise<Summary> {
  const directory = await mkdtemp(join(tmpdir(), 'weft-bench-disk-'));
  const file = openSync(join(directory, 'file'), 'w');
  const bytes = new Uint8Array(BYTES);
  const histogram = createHistogram();
  try {
    for (let write = 0; write < COUNT; write += 1) {
      const start = performance.now();
      writeSync(file, bytes);
      fsyncSync(file);
      histogram.add(performance.now() - start);
      await pause(PAUSE_MS);
    }
  } finally {
    closeSync(file);
    await rm(directory, { recursive: true, force: true });
  }
  return summarize(histogram);
}
