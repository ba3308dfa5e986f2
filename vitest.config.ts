import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          environment: 'node',
          include: [
            'packages/*/test/**/*.test.ts',
            'apps/*/test/**/*.test.ts',
            'e2e/simulation/test/**/*.test.ts',
            'e2e/processes/test/**/*.test.ts',
            'scripts/test/**/*.test.ts',
          ],
          // The planted bugs have their own run (`vitest run -c vitest.bite.config.ts`): one of them is not found reliably.
          exclude: [
            '**/*.browser.test.ts',
            '**/node_modules/**',
            'e2e/simulation/test/bite.test.ts',
          ],
          testTimeout: 15_000,
        },
      },
    ],
  },
});
