import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const log = join(import.meta.dirname, '../src/log.ts');

/** What a program writes to stderr that logs like this. */
function written(level: string, calls: string): string {
  const program = `import { openLog } from ${JSON.stringify(log)}; const log = openLog('${level}'); ${calls}`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    encoding: 'utf8',
  });
  expect(stdout).toBe('');
  return stderr;
}

describe('the log', () => {
  it('is a line of JSON for each event of its level or above', () => {
    const calls = `log.info('a'); log.warn('b', { code: 'x' }); log.error('c');`;
    const lines = written('warn', calls).trim().split('\n');
    expect(lines.map((line): unknown => JSON.parse(line))).toEqual([
      { level: 'warn', time: expect.any(String), code: 'x', message: 'b' },
      { level: 'error', time: expect.any(String), message: 'c' },
    ]);
    expect(written('silent', calls)).toBe('');
  });

  it('has the last line before an exit', () => {
    expect(written('error', `log.error('the end'); process.exit(1);`)).toContain('the end');
  });

  it('lets no sign-in through, whoever put it into an error', () => {
    const jwt = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbm4ifQ.c2lnbmF0dXJl';
    const text = written(
      'info',
      `log.error('Failed for ${jwt}.', { reason: 'Bearer canary-1 at /yjs/a?token=canary-2&x=1' });`,
    );
    expect(JSON.parse(text)).toMatchObject({
      message: 'Failed for [token].',
      reason: 'Bearer [token] at /yjs/a?token=[token]&x=1',
    });
  });
});
