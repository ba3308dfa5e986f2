import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Counts, playwrightCounts, suiteCounts, vitestCounts } from './reports.ts';
import { root } from './root.ts';
import { runTool } from './tool.ts';

/** Milliseconds after which a suite is ended: a test that hangs must not take the night. */
const LIMIT = 25 * 60_000;

/** A runner, what it is told, and how its report is read. */
export interface Suite {
  readonly name: string;
  readonly needsChromium: boolean;
  readonly program: string;
  readonly args: (report: string) => readonly string[];
  readonly env: (report: string) => Readonly<Record<string, string>>;
  readonly read: (report: string) => Counts | undefined;
}

export const SUITES: readonly Suite[] = [
  vitest('unit', 'vitest.config.ts', false),
  vitest('browser', 'vitest.browser.config.ts', true),
  {
    name: 'e2e',
    needsChromium: true,
    program: 'playwright',
    args: () => ['test', '--config', 'e2e/browser/playwright.config.ts', '--reporter', 'list,json'],
    env: (report) => ({ PLAYWRIGHT_JSON_OUTPUT_FILE: report }),
    read: playwrightCounts,
  },
];

function vitest(name: string, config: string, needsChromium: boolean): Suite {
  return {
    name,
    needsChromium,
    program: 'vitest',
    args: (report) => [
      ...['run', '--config', config],
      ...['--reporter', 'default', '--reporter', 'json', '--outputFile.json', report],
    ],
    env: () => ({}),
    read: vitestCounts,
  };
}

export interface SuiteResult {
  readonly counts: Counts;
  readonly output: string;
}

/** Runs a suite and counts by its report alone; an old report is removed first, or it would count again. */
export async function runSuite(suite: Suite, env: Readonly<Record<string, string>>) {
  const report = join(root, '.weft', 'reports', `${suite.name}.json`);
  mkdirSync(dirname(report), { recursive: true });
  rmSync(report, { force: true });
  const { code, output } = await runTool(suite.program, suite.args(report), {
    env: { ...env, ...suite.env(report) },
    limit: LIMIT,
  });
  const counts = existsSync(report) ? suite.read(readFileSync(report, 'utf8')) : undefined;
  const remark = counts === undefined ? `\n${suite.name}: no report at ${report}` : '';
  return { counts: suiteCounts(counts, code), output: `${output}${remark}` } satisfies SuiteResult;
}
