import { readFile } from 'node:fs/promises';
import { buildPages } from '../src/pages.ts';
import { expect } from '@playwright/test';
import { hocuspocusTest as test } from '../src/stock.ts';

test.beforeAll(buildPages);

test('a random session finds that a stock app never notices a lost message, and says it in few steps', async ({
  randomSession,
}) => {
  const told = await randomSession({
    peers: 1,
    steps: 6,
    seed: 18,
    faults: ['dropFrames'],
    weights: { dropFrames: 1 },
    within: 800,
    shrinkRuns: 1,
  }).catch(String);
  expect(told).toMatch(/Session 18 fails, with 3 of its 6 steps too/);
  expect(told).toContain('The replicas of Ann did not become one within 800 ms.');
  const file = /replay: randomSession\(\{ replay: "(.+)" \}\)/.exec(told)?.[1] ?? '';
  expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({ version: 1, peers: 1 });
  // Played again from its file, it fails again.
  await expect(randomSession({ replay: file, within: 800 })).rejects.toThrow('Session 18 fails');
});
