import { spawn } from 'node:child_process';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod/mini';

/** Shapes only: how fast it is depends on what else this machine is doing. */

const command = fileURLToPath(new URL('../src/bench.ts', import.meta.url));

const figures = z.record(z.string(), z.number());
const outcomes = z.array(
  z.object({
    scenario: z.string(),
    quick: z.literal(true),
    measures: z.array(z.object({ name: z.string(), verdict: z.string(), medians: figures })),
    raw: z.array(z.looseObject({ server: z.string(), round: z.number() })),
  }),
);

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'weft-bench-test-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

/** Runs the command with its temporary files in `directory`. */
function bench(...args: readonly string[]): Promise<{ code: number | null; out: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [command, ...args], {
      env: { ...process.env, TMPDIR: directory },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let out = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        out += text;
      });
    }
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, out }));
  });
}

describe('npm run bench', () => {
  it('measures all four servers, and leaves nothing behind', { timeout: 40_000 }, async () => {
    const file = join(directory, 'result.json');
    const { code, out } = await bench('hot', '--quick', '--out', file);
    expect(out).toContain('fan-out p99');
    expect(code).toBe(0);
    const [hot] = z.parse(outcomes, JSON.parse(await readFile(file, 'utf8')));
    expect(hot?.raw.map(({ server }) => server)).toEqual([
      'weft',
      'hocuspocus',
      'y-websocket',
      'relay',
    ]);
    for (const each of hot?.raw ?? []) expect(each['delivered']).toBe(each['expected']);
    const medians = new Map(hot?.measures.map((measure) => [measure.name, measure.medians]));
    expect(Object.keys(medians.get('fan-out p99') ?? {})).toHaveLength(4);
    expect(Object.keys(medians.get('stored p99') ?? {})).toEqual(['weft', 'hocuspocus']);
    expect(await readdir(directory)).toEqual(['result.json']);
  });

  it('ends with 2 and one line for what is not a scenario', async () => {
    const { code, out } = await bench('warm');
    expect(code).toBe(2);
    expect(out).toContain('there is no scenario "warm"');
  });
});
