import { isRecord, parseJson } from './json.ts';

/** How many tests ended how. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export const NOTHING: Counts = { passed: 0, failed: 0, skipped: 0 };

export function add(a: Counts, b: Counts): Counts {
  return {
    passed: a.passed + b.passed,
    failed: a.failed + b.failed,
    skipped: a.skipped + b.skipped,
  };
}

/**
 * Counts of a Vitest JSON report; `undefined` when the text is none. A file that could not even be loaded has no
 * tests in it and counts as one failure.
 */
export function vitestCounts(text: string): Counts | undefined {
  const report = parseJson(text);
  if (!isRecord(report) || !Array.isArray(report['testResults'])) return undefined;
  const passed = count(report['numPassedTests']);
  const failed = count(report['numFailedTests']);
  const pending = count(report['numPendingTests']);
  const todo = count(report['numTodoTests']);
  if (passed === undefined || failed === undefined) return undefined;
  if (pending === undefined || todo === undefined) return undefined;
  const unloaded = report['testResults'].filter(
    (file) =>
      isRecord(file) &&
      file['status'] === 'failed' &&
      Array.isArray(file['assertionResults']) &&
      !file['assertionResults'].some((test) => isRecord(test) && test['status'] === 'failed'),
  ).length;
  return { passed, failed: failed + unloaded, skipped: pending + todo };
}

/**
 * Counts of a Playwright JSON report; `undefined` when the text is none. A flaky test, which passed at a second
 * try, failed: nothing in this house may hide a flake.
 */
export function playwrightCounts(text: string): Counts | undefined {
  const report = parseJson(text);
  if (!isRecord(report) || !isRecord(report['stats']) || !Array.isArray(report['errors'])) {
    return undefined;
  }
  const passed = count(report['stats']['expected']);
  const unexpected = count(report['stats']['unexpected']);
  const flaky = count(report['stats']['flaky']);
  const skipped = count(report['stats']['skipped']);
  if (passed === undefined || unexpected === undefined) return undefined;
  if (flaky === undefined || skipped === undefined) return undefined;
  return { passed, failed: unexpected + flaky + report['errors'].length, skipped };
}

/**
 * What a suite counts for, all things together: a report that is missing or empty, and a runner that failed without
 * a failed test to show for it (a crash, an error outside of tests), are one failure.
 */
export function suiteCounts(counts: Counts | undefined, exitCode: number): Counts {
  if (counts === undefined) return { ...NOTHING, failed: 1 };
  const silent = counts.failed === 0 && (exitCode !== 0 || counts.passed + counts.skipped === 0);
  return silent ? { ...counts, failed: 1 } : counts;
}

/** The line that a test run ends with. */
export function summary({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}

function count(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 ? value : undefined;
}
