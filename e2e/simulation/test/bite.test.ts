import { beforeAll, describe, expect, it } from 'vitest';
import { PLANTED, unguarded } from '../src/bite/bugs.ts';
import { HUNT_MAX } from '../src/bite/bug.ts';
import type { Result } from '../src/tasks.ts';
import { performAll } from './support/workers.ts';

const WORKERS = 2;

type Found = Extract<Result, { type: 'bug' }>;

/** One test per bug, so that one that escapes is named. Each is hunted at its hint first, then from seed 0 on. */
function hunted(list: 'planted' | 'unguarded', names: readonly string[]): void {
  let results: ReadonlyMap<string, Found> = new Map();

  beforeAll(async () => {
    const tasks = Array.from(
      { length: WORKERS },
      (_, rest) => ({ task: 'bugs', list, rest, of: WORKERS }) as const,
    );
    const found = (await performAll(tasks)).filter((result) => result.type === 'bug');
    results = new Map(found.map((result) => [result.name, result]));
  }, 9 * 60_000);

  it.each(names)('catches: %s', (name) => {
    const caught = results.get(name)?.caught;
    expect(caught).toMatchObject({ outcome: 'caught' });
    expect(caught?.cost).toBeLessThan(HUNT_MAX);
  });
}

describe('planted bugs', () => {
  hunted(
    'planted',
    PLANTED.map(({ name }) => name),
  );

  it('are at least fifteen, those of facts 1 to 7 among them', () => {
    const names = PLANTED.map(({ name }) => name);
    expect(new Set(names).size).toBeGreaterThanOrEqual(15);
    for (const fact of [1, 2, 3, 4, 5, 6, 7]) {
      expect(names.filter((name) => name.startsWith(`fact ${fact}:`))).toHaveLength(1);
    }
  });
});

describe('the door without one of its guards', () => {
  hunted(
    'unguarded',
    unguarded().map(({ name }) => name),
  );
});
