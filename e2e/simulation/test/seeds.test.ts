import { describe, expect, it } from 'vitest';
import { AT_ONCE_NAMES } from '../src/adversary/kinds.ts';
import type { Result } from '../src/tasks.ts';
import { perform, performAll } from './support/workers.ts';

/** Runs of `npm test`; `npm run fuzz` goes on from wherever it is told. */
const SEEDS = 2_000;
const WORKERS = 2;
/** Conversations of `npm test`; `npm run fuzz -- --commands 1000000` goes on. */
const GOSSIPS = 20;

/** What a failing run says first, so that the report names the seed and the law. */
function failures(results: readonly Result[]): readonly string[] {
  return results.flatMap((result) => {
    if (result.type !== 'failed') return [];
    const [violation] = result.outcome.violations;
    return [`${result.name}: ${violation?.law ?? '?'}: ${violation?.what ?? '?'}`];
  });
}

describe('the whole system under the simulator', () => {
  it(
    '[D1] [D2] [D3] [D5] [D7] [D9] [C1] [C2] [C3] [C4] [C5] [C6] [C7] [R2] [R3] [S1] [S3] [S4] [A1] [A2] [A3] holds over 2,000 seeds',
    { timeout: 9 * 60_000 },
    async () => {
      const results = await performAll(
        Array.from({ length: WORKERS }, (_, worker) => ({
          task: 'seeds',
          from: worker,
          count: SEEDS - worker,
          step: WORKERS,
        })),
      );
      const done = results.filter((result) => result.type === 'done');
      const runs = done.reduce((sum, result) => sum + result.runs, 0);
      const cost = done.reduce((sum, result) => sum + result.cost, 0);
      const perMinute = Math.round((runs * 60_000) / cost);
      const resumed = done.reduce((sum, result) => sum + result.resumed, 0);
      console.log(`simulator: ${runs} runs, ${perMinute} a minute and core; ${resumed} resumed`);
      expect(failures(results)).toEqual([]);
      expect(runs).toBe(SEEDS);
      expect(resumed).toBeGreaterThan(SEEDS / 2);
      // What only some seeds deal was dealt: a run in which nothing is taken away proves nothing about it.
      for (const kind of ['renewed', 'expired', 'denied'] as const) {
        expect(done.reduce((sum, { access }) => sum + access[kind], 0)).toBeGreaterThan(SEEDS / 25);
      }
      expect(Math.max(...done.map(({ waiting }) => waiting))).toBeGreaterThan(1024 * 1024);
      expect(done.reduce((sum, { lost }) => sum + lost, 0)).toBeGreaterThan(SEEDS / 50);
      expect(done.reduce((sum, { waited }) => sum + waited, 0)).toBeGreaterThan(SEEDS / 5);
    },
  );

  it(
    '[C1] [C2] [C3] [C5] [C6] [C7] [C8] [C10] [C13] holds for messages, edits, reactions, pins, receipts and who is in, among faults',
    { timeout: 120_000 },
    async () => {
      const tasks = Array.from({ length: WORKERS }, (_, worker) => ({
        task: 'gossip' as const,
        from: 1 + worker,
        count: GOSSIPS - worker,
        step: WORKERS,
      }));
      const results = await performAll(tasks);
      const done = results.filter((result) => result.type === 'done');
      const commands = done.reduce((sum, result) => sum + result.commands, 0);
      console.log(`simulator: ${commands} commands to conversations`);
      expect(failures(results)).toEqual([]);
      expect(commands).toBeGreaterThan(GOSSIPS * 100);
    },
  );

  it('a seed run twice leaves one trace', { timeout: 60_000 }, async () => {
    for (const seed of [0, 3, 7]) {
      const ran = (await perform({ task: 'twice', seed })).filter(({ type }) => type === 'ran');
      const [again] = (await perform({ task: 'twice', seed })).filter(({ type }) => type === 'ran');
      expect(ran.map((result) => result.type === 'ran' && result.trace)).toEqual([
        again?.type === 'ran' && again.trace,
        again?.type === 'ran' && again.trace,
      ]);
    }
  });

  it('every case that ever failed holds now', { timeout: 120_000 }, async () => {
    expect(failures(await perform({ task: 'regressions' }))).toEqual([]);
  });

  it.each(AT_ONCE_NAMES)('[D1] [D3] is refused: %s', { timeout: 60_000 }, async (kind) => {
    expect(failures(await perform({ task: 'attack', kind }))).toEqual([]);
  });
});
