import { readFile } from 'node:fs/promises';
import { expect } from 'playwright/test';
import { test } from '../src/weft-app.ts';

test('[D1] a random session among every fault ends with one document; its file replays it', async ({
  randomSession,
}) => {
  const info = test.info();
  const text = await randomSession({
    peers: 2,
    steps: 24,
    seed: 50,
    faults: ['cut', 'halfOpen', 'slow', 'dropFrames', 'duplicate', 'reload', 'crash', 'serverKill'],
  });
  expect(text).not.toBe('');
  const report = await readFile(info.outputPath('session-50.html'), 'utf8');
  expect(report).toContain('All became one.');
  const file = info.outputPath('session-50.json');
  expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({ version: 1, seed: '50' });
});
