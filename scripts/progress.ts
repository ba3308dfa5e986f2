import { type Result } from './result.ts';

/** Writes a line for people. */
export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/**
 * Runs something that ends in a result, and reports it: its name, how it ended, how long it took, and the whole
 * output where it failed. What is thrown counts as a failure.
 */
export async function report(name: string, run: () => Promise<Result>): Promise<Result> {
  const start = performance.now();
  const result = await run().catch(failure);
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  say(`${MARKS[result.outcome]} ${name.padEnd(14)} ${seconds.padStart(6)} s  ${remark(result)}`);
  if (result.outcome === 'failed') say(indent(result.output));
  return result;
}

const MARKS: Readonly<Record<Result['outcome'], string>> = {
  passed: '✓',
  failed: '✗',
  skipped: '–',
};

function remark(result: Result): string {
  if (result.outcome === 'failed') return 'failed';
  return result.outcome === 'skipped' ? `skipped: ${result.reason}` : (result.note ?? '');
}

function failure(error: unknown): Result {
  const output = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { outcome: 'failed', output };
}

function indent(text: string): string {
  return text.trimEnd().replaceAll(/^/gm, '    ');
}
