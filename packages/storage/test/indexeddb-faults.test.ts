import { describe, expect, it } from 'vitest';
import { type Life, live } from './faults/life.ts';

const SEEDS = Array.from({ length: 100 }, (_, seed) => seed + 1);

/** Seeds in which something does not hold, with what it is. */
async function failing(
  faults: Parameters<typeof live>[1],
  check: (life: Life) => string | undefined,
): Promise<readonly string[]> {
  const found: string[] = [];
  for (const seed of SEEDS) {
    const life = await live(seed, faults);
    const wrong = always(life) ?? check(life);
    if (wrong !== undefined) found.push(`seed ${seed}: ${wrong}`);
  }
  return found;
}

/** What no fault excuses. */
function always({ thrown, unanswered, state, outbox }: Life): string | undefined {
  if (thrown.length > 0) return `a call threw ${String(thrown[0])}`;
  if (unanswered > 0) return `${unanswered} calls were never answered`;
  if (state.state !== 'durable') return `in peace the state is ${state.state}`;
  const counters = outbox.map(({ command }) => command.counter);
  if (new Set(counters).size < counters.length) return 'a counter was given out twice';
  return undefined;
}

describe('the adapter on a simulated IndexedDB', () => {
  it(`[D2] [C7] nothing typed and no message is lost when tabs are killed, databases closed, and writes refused (${SEEDS.length} seeds)`, async () => {
    const lost = await failing(['kill', 'kill', 'health', 'drop'], (life) => {
      for (const [root, text] of Object.entries(life.typed)) {
        if (life.held[root] !== text) return `${root} is ${life.held[root]} and was ${text}`;
      }
      const there = new Set(life.outbox.map(({ command }) => command.id));
      const gone = life.kept.find((id) => !there.has(id));
      return gone === undefined ? undefined : `message ${gone} is gone`;
    });
    expect(lost).toEqual([]);
  });

  it(`[D2] what is corrupted goes to quarantine, and takes nothing else along (${SEEDS.length} seeds)`, async () => {
    let damaged = 0;
    const lost = await failing(['kill', 'corrupt'], (life) => {
      damaged += life.corrupted.length;
      const known = Object.entries(life.typed).filter(([root, text]) => life.held[root] === text);
      const harmed = Object.keys(life.typed).length - known.length;
      return harmed > life.corrupted.length
        ? `${harmed} people lost something to ${life.corrupted.length} damaged records`
        : undefined;
    });
    expect(lost).toEqual([]);
    expect(damaged).toBeGreaterThan(SEEDS.length / 2);
  });

  it(`[D2] after the browser cleared everything, the store goes on, and says so (${SEEDS.length} seeds)`, async () => {
    const lost = await failing(['kill', 'evict', 'drop', 'health'], () => undefined);
    expect(lost).toEqual([]);
  });
});
