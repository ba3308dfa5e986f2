import { spawn } from 'node:child_process';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** Shapes only: how fast it is depends on what else this machine is doing. */

const command = fileURLToPath(new URL('../src/bench.ts', import.meta.url));

const figures = v.record(v.string(), v.number());
const outcomes = v.array(
  v.object({
    scenario: v.string(),
    quick: v.literal(true),
    measures: v.array(v.object({ name: v.string(), verdict: v.string(), medians: figures })),
    raw: v.array(v.looseObject({ server: v.string(), round: v.number() })),
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
    const [hot] = v.parse(outcomes, JSON.parse(await readFile(file, 'utf8')));
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

  it('says where the time of an edit goes in our server', { timeout: 40_000 }, async () => {
    const file = join(directory, 'result.json');
    const { code } = await bench('hot', '--quick', '--only', 'weft', '--stages', '--out', file);
    expect(code).toBe(0);
    const [hot] = v.parse(outcomes, JSON.parse(await readFile(file, 'utf8')));
    const { stages, acked } = v.parse(
      v.object({
        acked: v.number(),
        stages: v.object({
          steps: v.record(v.string(), v.object({ count: v.number() })),
          commit: v.object({ count: v.number() }),
        }),
      }),
      hot?.raw[0],
    );
    expect(stages.commit.count).toBeGreaterThan(0);
    expect(Object.keys(stages.steps).toSorted()).toEqual([
      'ack',
      'append',
      'edit',
      'fan-out',
      'judge',
    ]);
    expect(stages.steps['edit']?.count).toBe(acked);
  });

  it('carets all arrive, and a stampede leaves nobody out', { timeout: 40_000 }, async () => {
    const file = join(directory, 'result.json');
    const { code } = await bench('carets', 'stampede', '--quick', '--out', file);
    expect(code).toBe(0);
    const [carets, stampede] = v.parse(outcomes, JSON.parse(await readFile(file, 'utf8')));
    expect(carets?.raw).toHaveLength(4);
    for (const each of carets?.raw ?? []) expect(each['delivered']).toBe(each['expected']);
    expect(stampede?.raw).toMatchObject([{ server: 'weft', served: 200, wrong: [] }]);
    const verdicts = new Map(stampede?.measures.map(({ name, verdict }) => [name, verdict]));
    expect(verdicts.get('seats taken at most')).toBe('pass');
    expect(verdicts.get('people who were not let in')).toBe('pass');
  });

  it(
    'idle people are all let in, and a reader who had stopped catches up',
    { timeout: 60_000 },
    async () => {
      const file = join(directory, 'result.json');
      const { code } = await bench(
        'idle',
        'stopped-reader',
        'fast',
        '--quick',
        '--only',
        'weft',
        '--out',
        file,
      );
      expect(code).toBe(0);
      const [idle, stopped, fast] = v.parse(outcomes, JSON.parse(await readFile(file, 'utf8')));
      expect(idle?.raw).toHaveLength(1);
      const medians = new Map(idle?.measures.map((measure) => [measure.name, measure.medians]));
      expect(medians.get('accepted and synced')?.['weft']).toBeGreaterThan(0);
      expect(stopped?.raw).toHaveLength(2);
      for (const each of [...(stopped?.raw ?? []), ...(fast?.raw ?? [])]) {
        expect(each['delivered']).toBe(each['expected']);
      }
      expect(stopped?.raw.map((each) => each['back'] !== null)).toEqual([false, true]);
    },
  );

  it(
    'messages all arrive and are acked, and who comes back has what they missed',
    { timeout: 60_000 },
    async () => {
      const file = join(directory, 'result.json');
      const { code } = await bench('messages', 'missed', '--quick', '--out', file);
      expect(code).toBe(0);
      const [messages, missed] = v.parse(outcomes, JSON.parse(await readFile(file, 'utf8')));
      expect(messages?.raw.map(({ server, step }) => [server, step])).toEqual([
        ['weft', 'steady'],
        ['weft', 'many'],
        ['relay', 'steady'],
        ['relay', 'many'],
      ]);
      for (const each of messages?.raw ?? []) {
        expect(each['delivered']).toBe(each['expected']);
        if (each.server === 'weft') expect(each['acked']).toBe(each['sent']);
      }
      expect(missed?.raw).toHaveLength(6);
    },
  );

  it('ends with 2 and one line for what is not a scenario', async () => {
    const { code, out } = await bench('warm');
    expect(code).toBe(2);
    expect(out).toContain('there is no scenario "warm"');
  });
});
