/**
 * `npm run figures`: what a conversation of 100,000 messages costs in Chromium, measured; the results go to
 * `e2e/browser/results`. Takes some minutes. Ends with 0 when everything was measured, whatever the figures.
 */
import { spawn } from 'node:child_process';
import { findChromium } from './chromium.ts';
import { root } from './root.ts';

const child = spawn(
  'playwright',
  [
    'test',
    '--config',
    'e2e/browser/playwright.config.ts',
    'long-conversation',
    '--timeout=1800000',
  ],
  {
    cwd: root,
    env: {
      ...process.env,
      CHROMIUM_PATH: await findChromium(),
      WEFT_LONG_CONVERSATION: process.argv[2] ?? '100000',
      WEFT_FIGURES: '1',
    },
    stdio: 'inherit',
  },
);
child.once('close', (code) => {
  process.exitCode = code ?? 1;
});
