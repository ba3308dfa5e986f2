import { defineConfig } from 'vitest/config';

/** The simulator against planted bugs and removed guards: minutes of work, by hand. */
export default defineConfig({
  test: { name: 'bite', environment: 'node', include: ['e2e/simulation/test/bite.test.ts'] },
});
