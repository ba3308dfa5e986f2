import { describe, expect, it } from 'vitest';
import { add, playwrightCounts, suiteCounts, summary, vitestCounts } from '../reports.ts';

const vitest = {
  numPassedTests: 3,
  numFailedTests: 1,
  numPendingTests: 1,
  numTodoTests: 1,
  testResults: [
    { status: 'failed', assertionResults: [{ status: 'failed' }, { status: 'passed' }] },
    { status: 'passed', assertionResults: [{ status: 'passed' }] },
  ],
};

describe('counts of a run', () => {
  it('come from a Vitest report', () => {
    expect(vitestCounts(JSON.stringify(vitest))).toEqual({ passed: 3, failed: 1, skipped: 2 });
  });

  it('count a test file that could not be loaded as a failure', () => {
    const broken = { status: 'failed', assertionResults: [] };
    const report = { ...vitest, testResults: [...vitest.testResults, broken] };
    expect(vitestCounts(JSON.stringify(report))?.failed).toBe(2);
  });

  it('come from a Playwright report, where a flaky test failed', () => {
    const report = { stats: { expected: 4, unexpected: 1, flaky: 1, skipped: 2 }, errors: [{}] };
    expect(playwrightCounts(JSON.stringify(report))).toEqual({ passed: 4, failed: 3, skipped: 2 });
  });

  it.each(['', '{}', 'null', '{"testResults":[]}', '{"stats":{},"errors":[]}'])(
    'are none where the report is %j',
    (text) => {
      expect(vitestCounts(text)).toBeUndefined();
      expect(playwrightCounts(text)).toBeUndefined();
    },
  );

  it('are one failure without a report, without tests, and after a crash', () => {
    const passed = { passed: 3, failed: 0, skipped: 0 };
    expect(suiteCounts(undefined, 0).failed).toBe(1);
    expect(suiteCounts({ passed: 0, failed: 0, skipped: 0 }, 0).failed).toBe(1);
    expect(suiteCounts(passed, 1)).toEqual({ passed: 3, failed: 1, skipped: 0 });
    expect(suiteCounts(passed, 0)).toEqual(passed);
  });

  it('add up to the last line', () => {
    const sum = add({ passed: 1, failed: 2, skipped: 3 }, { passed: 10, failed: 0, skipped: 0 });
    expect(summary(sum)).toBe('11 passed, 2 failed, 3 skipped');
  });
});
