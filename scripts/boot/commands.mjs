/**
 * What each command runs, in order; the first step that fails ends it. Paths are relative to the repository.
 * @type {Record<string, (args: string[]) => { script: string, args: string[] }[]>}
 */
export const COMMANDS = {
  start: (args) => {
    const server = { script: 'apps/server/src/main.ts', args };
    // Whoever asks for help need not wait for a build.
    if (args.includes('--help') || args.includes('--version')) return [server];
    return [{ script: 'scripts/build-web.ts', args: ['--if-changed'] }, server];
  },
  dev: (args) => [{ script: 'scripts/dev.ts', args }],
  test: (args) => [{ script: 'scripts/test.ts', args }],
  check: (args) => [{ script: 'scripts/check.ts', args }],
  replay: (args) => [{ script: 'apps/bench/src/replay.ts', args }],
  weft: (args) => [{ script: 'apps/server/src/weft.ts', args }],
  torture: (args) => [{ script: 'e2e/processes/src/torture.ts', args }],
  bench: (args) => [{ script: 'apps/bench/src/bench.ts', args }],
  figures: (args) => [
    { script: 'scripts/build-web.ts', args: ['--if-changed'] },
    { script: 'scripts/figures.ts', args },
  ],
  fuzz: (args) => [{ script: 'e2e/simulation/src/fuzz.ts', args }],
  build: (args) => [{ script: 'scripts/build.ts', args }],
  format: (args) => [{ script: 'scripts/format.ts', args }],
};
