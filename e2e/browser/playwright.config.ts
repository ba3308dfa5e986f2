import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'playwright/test';

const named = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';
/** Nothing but the product talks: a browser's own traffic would make figures depend on the machine's network. */
const args = [
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  '--disable-quic',
];

/** One worker: every test has a server of its own, and figures are taken with the machine to themselves. */
export default defineConfig({
  projects: [
    { name: 'product', testDir: 'test' },
    { name: 'stock apps', testDir: '../stock/test' },
  ],
  outputDir: fileURLToPath(new URL('../../test-results/e2e', import.meta.url)),
  workers: 1,
  // A flake that a retry hides is a bug that a person meets.
  retries: 0,
  forbidOnly: true,
  timeout: 90_000,
  expect: { timeout: 20_000 },
  reporter: 'list',
  use: {
    browserName: 'chromium',
    viewport: { width: 1280, height: 800 },
    trace: 'retain-on-failure',
    launchOptions: {
      ...(existsSync(named) ? { executablePath: named } : {}),
      chromiumSandbox: process.getuid?.() !== 0,
      args,
    },
  },
});
