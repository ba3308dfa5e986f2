import { describe, expect, it } from 'vitest';
import { commands } from 'vitest/browser';
import type { TabEnd } from './tab/command.ts';

const KEYS = 300;
/** Of each way, 21 in all; `VITE_TAB_RUNS=34` for a hundred. */
const RUNS = Number(import.meta.env['VITE_TAB_RUNS'] ?? 7);
const ENDS: readonly TabEnd[] = ['closed', 'left', 'crashed'];

describe('a tab that ends in the moment of the last edit', () => {
  it.each(ENDS)(
    `[D2] %s: ${KEYS} of ${KEYS} edits are there afterwards, in ${RUNS} runs of ${RUNS}`,
    async (end) => {
      const kept = await commands.typeAndEnd({ runs: RUNS, keys: KEYS, end });
      expect(kept).toEqual(Array.from({ length: RUNS }, () => KEYS));
    },
    30_000 + RUNS * 5_000,
  );
});
