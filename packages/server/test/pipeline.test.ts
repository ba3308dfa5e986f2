import type { AppendResult, Log, LogEntry } from '@weft/storage';
import { openMemoryStore } from '@weft/storage/memory';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Pipeline, type Plan, type Step } from '../src/door/pipeline.ts';

/** What a scripted medium does with one append. */
type Fault = 'commit' | 'fail' | 'commit-then-fail';

/** A log whose appends settle when the test says so, in order, each with its own fault. */
async function scriptedLog() {
  const { log } = await openMemoryStore();
  const queue: ((fault: Fault) => Promise<void>)[] = [];
  const append: Log['append'] = (entries: readonly LogEntry[]) =>
    new Promise<AppendResult>((resolve, reject) => {
      queue.push(async (fault) => {
        if (fault === 'fail') {
          reject(new Error('disk full'));
          return;
        }
        const result = await log.append(entries);
        if (fault === 'commit-then-fail') reject(new Error('outcome unknown'));
        else resolve(result);
      });
    });
  return {
    log: { ...log, append },
    queue,
    settle: async (fault: Fault = 'commit') => {
      await queue.shift()?.(fault);
      // Lets the pipeline's own continuations run: each is a few microtasks long.
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

type Answer = { readonly number: number } | 'failed' | 'answered';

/** A stream whose state is its head; each step appends its own name. */
function step(name: string, applied: string[]): Step<number, Answer> {
  return {
    decide: (head): Plan<number, Answer> => ({
      do: 'append',
      next: head + 1,
      entries: [
        {
          stream: 's',
          key: name,
          principal: 'p',
          kind: 'k',
          at: 0,
          bytes: new TextEncoder().encode(name),
          after: head,
        },
      ],
      committed: ([number = 0]) => {
        applied.push(name);
        return { number };
      },
    }),
    failed: () => 'failed',
  };
}

describe('pipeline', () => {
  it('[D2] answers a step only after its commit, and appends without waiting for the one before', async () => {
    const { log, queue, settle } = await scriptedLog();
    const applied: string[] = [];
    const pipeline = new Pipeline(log, () => log.head('s'), { initial: 0 });
    const answers: Answer[] = [];
    for (const name of ['a', 'b', 'c']) {
      void pipeline.run(step(name, applied)).then((answer) => answers.push(answer));
    }
    expect(queue).toHaveLength(3);
    expect(applied).toEqual([]);
    await settle();
    expect(answers).toEqual([{ number: 1 }]);
    expect(pipeline.busy).toBe(true);
    await settle();
    await settle();
    expect(answers).toEqual([{ number: 1 }, { number: 2 }, { number: 3 }]);
    expect(applied).toEqual(['a', 'b', 'c']);
    expect(pipeline.busy).toBe(false);
  });

  it('[D2] answers a step without an append only when all before it are committed', async () => {
    const { log, settle } = await scriptedLog();
    const pipeline = new Pipeline(log, () => log.head('s'), { initial: 0 });
    const order: string[] = [];
    void pipeline.run(step('a', order));
    void pipeline
      .run<Answer>({ decide: () => ({ do: 'answer', result: 'answered' }), failed: () => 'failed' })
      .then(() => order.push('answer'));
    await new Promise((resolve) => setImmediate(resolve));
    expect(order).toEqual([]);
    await settle();
    expect(order).toEqual(['a', 'answer']);
  });

  it('decides again what was built on an append that failed', async () => {
    const { log, settle } = await scriptedLog();
    const applied: string[] = [];
    const pipeline = new Pipeline(log, () => log.head('s'), { initial: 0 });
    const answers = ['a', 'b', 'c'].map((name) => pipeline.run(step(name, applied)));
    await settle('fail');
    await settle();
    await settle();
    await settle();
    await settle();
    expect(await Promise.all(answers)).toEqual(['failed', { number: 1 }, { number: 2 }]);
    expect(applied).toEqual(['b', 'c']);
  });

  it('reads the truth from the log when a failed append was committed after all', async () => {
    const { log, settle } = await scriptedLog();
    const applied: string[] = [];
    const pipeline = new Pipeline(log, () => log.head('s'), { initial: 0 });
    const first = pipeline.run(step('a', applied));
    await settle('commit-then-fail');
    expect(await first).toBe('failed');
    const second = pipeline.run(step('b', applied));
    await new Promise((resolve) => setImmediate(resolve));
    await settle();
    expect(await second).toEqual({ number: 2 });
  });

  it('[C3] answers a repetition from the log, once, and goes on', async () => {
    const { log, settle } = await scriptedLog();
    const applied: string[] = [];
    const pipeline = new Pipeline(log, () => log.head('s'), { initial: 0 });
    const again: Step<number, Answer> = {
      ...step('a', applied),
      decide: (head) => {
        const plan = step('a', applied).decide(head);
        return plan.do === 'append'
          ? { ...plan, rejected: async (): Promise<Answer> => 'answered' }
          : plan;
      },
    };
    const answers = [step('a', applied), again, step('b', applied)].map((each) =>
      pipeline.run(each),
    );
    await settle();
    await settle();
    await settle();
    await settle();
    expect(await Promise.all(answers)).toEqual([{ number: 1 }, 'answered', { number: 2 }]);
  });

  it('answers every step and keeps their order, whatever the medium does', async () => {
    const fault = fc.constantFrom<Fault>('commit', 'commit', 'fail', 'commit-then-fail');
    await fc.assert(
      fc.asyncProperty(
        fc.array(fault, { maxLength: 40 }),
        fc.integer({ min: 1, max: 12 }),
        async (faults, count) => {
          const { log, queue, settle } = await scriptedLog();
          const applied: string[] = [];
          const pipeline = new Pipeline(log, () => log.head('s'), { initial: 0 });
          const names = Array.from({ length: count }, (_, index) => `${index}`.padStart(2, '0'));
          const answers = new Map<string, Answer>();
          for (const name of names) {
            void pipeline.run(step(name, applied)).then((answer) => answers.set(name, answer));
          }
          for (let round = 0; answers.size < count && round < 400; round += 1) {
            if (queue.length > 0) await settle(faults[round] ?? 'commit');
            else await new Promise((resolve) => setImmediate(resolve));
          }
          expect(answers.size).toBe(count);
          expect(pipeline.busy).toBe(false);
          const records = await log.read('s', 0, 1000);
          const stored = records.map(({ bytes }) => new TextDecoder().decode(bytes));
          expect(stored).toEqual(stored.toSorted());
          for (const [name, answer] of answers) {
            if (typeof answer === 'object') expect(stored[answer.number - 1]).toBe(name);
          }
          // Applied in order, and nothing but what is in the log.
          expect(applied).toEqual(applied.toSorted());
          expect(stored).toEqual(expect.arrayContaining(applied));
        },
      ),
      { seed: 20_261_122, numRuns: 300 },
    );
  });
});
