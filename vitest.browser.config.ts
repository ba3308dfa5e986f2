import { playwright } from '@vitest/browser-playwright';
import type { LaunchOptions } from 'playwright';
import { defineConfig } from 'vitest/config';
import { measureDevice, typeAndEnd } from './packages/client/test/tab/command.ts';

/** Tests that need a real browser: its IndexedDB, its DOM, its editor. */
const asRoot = process.getuid?.() === 0;

const launchOptions: LaunchOptions = {
  executablePath: process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium',
  // Chromium refuses its sandbox to root.
  chromiumSandbox: !asRoot,
  args: [
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--no-first-run',
    '--disable-quic',
  ],
};

const tests = [
  'packages/*/test/**/*.browser.test.{ts,tsx}',
  'apps/*/test/**/*.browser.test.{ts,tsx}',
];

export default defineConfig({
  // All dependencies are found before the first test: one found late reloads the page under a running test. An earlier
  // run's findings are not trusted: a test that is new would bring one they lack.
  optimizeDeps: { entries: tests, force: true },
  test: {
    name: 'browser',
    include: tests,
    exclude: ['**/node_modules/**'],
    testTimeout: 15_000,
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      commands: {
        typeAndEnd: typeAndEnd(launchOptions),
        measureDevice: measureDevice(launchOptions),
      },
      provider: playwright({
        launchOptions,
      }),
      instances: [{ browser: 'chromium' }],
    },
  },
});
