import { integerSchema } from '@weft/protocol';
import * as v from 'valibot';
import { PLANTED, plant, unguarded } from './bite/bugs.ts';
import { HINTS } from './bite/hints.ts';
import { type Catch, hunt } from './bite/hunt.ts';
import type { Case } from './case.ts';
import { cpuTime } from './cost.ts';
import { readRegressions } from './regressions.ts';
import { type Outcome, run } from './run.ts';
import { gossip, siege } from './generate.ts';
import { caseOf, casesFrom } from './seeds.ts';
import { type Universe, soundUniverse } from './universe.ts';

/** What a worker can be asked for. */
export const taskSchema = v.variant('task', [
  /** Seeds from `from` on; `step` leaves out those of other workers. */
  v.object({
    task: v.literal('seeds'),
    from: integerSchema,
    count: integerSchema,
    step: integerSchema,
  }),
  /** One seed twice. */
  v.object({ task: v.literal('twice'), seed: integerSchema }),
  /** Conversations, by seeds from `from` on. */
  v.object({
    task: v.literal('gossip'),
    from: integerSchema,
    count: integerSchema,
    step: integerSchema,
  }),
  v.object({ task: v.literal('regressions') }),
  /** One attack, ten times, on two people who hardly do anything. */
  v.object({ task: v.literal('attack'), kind: v.string() }),
  /** Every bug of a list whose number gives this rest. */
  v.object({
    task: v.literal('bugs'),
    list: v.picklist(['planted', 'unguarded']),
    rest: integerSchema,
    of: integerSchema,
  }),
]);
export type Task = v.InferOutput<typeof taskSchema>;

/** What a worker says. */
export type Result =
  | { readonly type: 'failed'; readonly name: string; readonly outcome: Outcome }
  | { readonly type: 'ran'; readonly name: string; readonly trace: string }
  | { readonly type: 'bug'; readonly name: string; readonly caught: Catch }
  /** CPU milliseconds of all runs. */
  | {
      readonly type: 'done';
      readonly runs: number;
      readonly commands: number;
      /** Sessions that went on after a cut. */
      readonly resumed: number;
      /** Tokens renewed, sockets ended with theirs, documents denied. */
      readonly access: Outcome['access'];
      /** Sockets that were let in after they had waited in a line. */
      readonly waited: number;
      /** The most bytes that ever waited in the server for somebody who did not read. */
      readonly waiting: number;
      /** How often a device lost something of what it kept. */
      readonly lost: number;
      readonly cost: number;
    };

/** Does a task, and tells of each result. @throws ValiError for a task that is none */
export async function perform(data: unknown, tell: (result: Result) => void): Promise<void> {
  const task = v.parse(taskSchema, data);
  if (task.task === 'bugs') {
    await huntAll(task.list, (index) => index % task.of === task.rest, tell);
    return;
  }
  const universe = await soundUniverse();
  const start = cpuTime();
  let runs = 0;
  let commands = 0;
  let resumed = 0;
  let waited = 0;
  let waiting = 0;
  let lost = 0;
  const access = { renewed: 0, expired: 0, denied: 0 };
  for (const [name, each] of casesOf(task)) {
    const outcome = await run(universe, each);
    runs += 1;
    commands += outcome.commands;
    resumed += outcome.resumed;
    waited += outcome.waited;
    lost += outcome.lost;
    waiting = Math.max(waiting, outcome.waiting);
    access.renewed += outcome.access.renewed;
    access.expired += outcome.access.expired;
    access.denied += outcome.access.denied;
    if (outcome.violations.length > 0) tell({ type: 'failed', name, outcome });
    else if (task.task !== 'seeds' && task.task !== 'gossip')
      tell({ type: 'ran', name, trace: outcome.trace });
  }
  tell({
    type: 'done',
    runs,
    commands,
    resumed,
    access,
    waited,
    waiting,
    lost,
    cost: cpuTime() - start,
  });
}

function casesOf(task: Exclude<Task, { task: 'bugs' }>): Iterable<readonly [string, Case]> {
  switch (task.task) {
    case 'seeds':
      return seeds(task.from, task.count, task.step);
    case 'gossip':
      return gossips(task.from, task.count, task.step);
    case 'twice':
      return ['first', 'second'].map((time) => [time, caseOf(task.seed)] as const);
    case 'attack':
      return Array.from({ length: 10 }, (_, seed) => [task.kind, siege(`p${seed}`, [task.kind])]);
    case 'regressions':
      return readRegressions().map(({ name, case: kept }) => [name, kept] as const);
    default: {
      const unreachable: never = task;
      return unreachable;
    }
  }
}

function* seeds(from: number, count: number, step: number): Generator<readonly [string, Case]> {
  for (let seed = from; seed < from + count; seed += step) yield [`seed ${seed}`, caseOf(seed)];
}

function* gossips(from: number, count: number, step: number): Generator<readonly [string, Case]> {
  for (let seed = from; seed < from + count; seed += step) {
    yield [`gossip ${seed}`, gossip(`gossip ${seed}`)];
  }
}

async function huntAll(
  list: 'planted' | 'unguarded',
  wanted: (index: number) => boolean,
  tell: (result: Result) => void,
): Promise<void> {
  const bugs = list === 'planted' ? PLANTED : unguarded();
  for (const [index, bug] of bugs.entries()) {
    if (!wanted(index)) continue;
    const universe: Universe = await plant(bug);
    const caught = await hunt(universe, candidates(bug.name));
    tell({ type: 'bug', name: bug.name, caught });
  }
}

function* candidates(name: string): Generator<Case> {
  const hint = HINTS[name];
  if (hint !== undefined) yield caseOf(hint);
  yield* casesFrom(0);
}
