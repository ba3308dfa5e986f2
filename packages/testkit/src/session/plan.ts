import { naturalSchema, positiveSchema } from '@weft/protocol';
import * as v from 'valibot';
import { type SimRandom, createRandom } from '../sim/random.ts';

/** A random session, complete: nothing is drawn while it runs, so that leaving a step out changes no other. */

const peer = naturalSchema;
const milliseconds = naturalSchema;

export const stepSchema = v.variant('type', [
  /** Keys at the caret of a peer. */
  v.object({ type: v.literal('type'), peer, text: v.string() }),
  v.object({ type: v.literal('erase'), peer, count: positiveSchema }),
  v.object({ type: v.literal('break'), peer }),
  /** The caret goes to the begin or the end of the document, and some characters back from there. */
  v.object({ type: v.literal('caret'), peer, to: v.picklist(['begin', 'end']), by: naturalSchema }),
  v.object({ type: v.literal('cut'), peer }),
  v.object({ type: v.literal('heal'), peer }),
  v.object({ type: v.literal('halfOpen'), peer, way: v.picklist(['up', 'down', 'both']) }),
  v.object({ type: v.literal('slow'), peer, latency: milliseconds, jitter: milliseconds }),
  v.object({ type: v.literal('dropFrames'), peer, count: positiveSchema }),
  v.object({ type: v.literal('duplicate'), peer, count: positiveSchema }),
  v.object({ type: v.literal('reload'), peer }),
  /** The page's process is killed, and the person comes back. */
  v.object({ type: v.literal('crash'), peer }),
  /** The browser is killed, and the person comes back. */
  v.object({ type: v.literal('kill'), peer }),
  /** The server is killed and started again. */
  v.object({ type: v.literal('serverKill') }),
  v.object({ type: v.literal('serverPause') }),
  v.object({ type: v.literal('serverResume') }),
  v.object({ type: v.literal('fillDisk') }),
  v.object({ type: v.literal('freeDisk') }),
]);
export type Step = v.InferOutput<typeof stepSchema>;
export type StepType = Step['type'];

/** What people do. */
const EDITS = [
  ['type', 12],
  ['erase', 3],
  ['break', 1],
  ['caret', 4],
] as const;
type Edit = (typeof EDITS)[number][0];

/** What can go wrong, and what follows it: each fault ends. */
const FAULTS = {
  cut: 2,
  halfOpen: 1,
  slow: 1,
  dropFrames: 1,
  duplicate: 1,
  reload: 1,
  crash: 1,
  kill: 1,
  serverKill: 1,
  serverPause: 1,
  fillDisk: 1,
} as const;
export type Fault = keyof typeof FAULTS;
type Drawn = Edit | Fault;

export interface PlanOptions {
  readonly peers: number;
  readonly steps: number;
  readonly seed: string | number;
  /** Which faults; default none. */
  readonly faults?: readonly Fault[];
  /** How often something is drawn, next to the others; 0 is never. */
  readonly weights?: Readonly<Partial<Record<Drawn, number>>>;
}

/** Every eighth step is a fault, or the end of one. */
const FAULT_SHARE = 1 / 8;

/** @returns the same steps for the same options, for ever */
export function planSession(options: PlanOptions): readonly Step[] {
  const random = createRandom(options.seed);
  const weight = (name: Drawn, own: number) => options.weights?.[name] ?? own;
  const edits = EDITS.map(([name, own]) => [name, weight(name, own)] as const);
  const faults = (options.faults ?? []).map((name) => [name, weight(name, FAULTS[name])] as const);
  const steps: Step[] = [];
  const troubled = new Set<number>();
  let server: 'well' | 'paused' | 'full' = 'well';
  while (steps.length < options.steps) {
    const peer = random.int(0, options.peers - 1);
    if (faults.length === 0 || !random.chance(FAULT_SHARE)) {
      steps.push(edit(random, draw(random, edits), peer));
    } else if (server !== 'well' && random.chance(0.5)) {
      steps.push({ type: server === 'paused' ? 'serverResume' : 'freeDisk' });
      server = 'well';
    } else if (troubled.has(peer)) {
      steps.push({ type: 'heal', peer });
      troubled.delete(peer);
    } else {
      const name = draw(random, faults);
      // One that stands or has no room is not killed or filled on top.
      if (
        (name === 'serverKill' || name === 'serverPause' || name === 'fillDisk') &&
        server !== 'well'
      )
        continue;
      steps.push(fault(random, name, peer));
      if (name === 'serverPause') server = 'paused';
      if (name === 'fillDisk') server = 'full';
      if (name === 'cut' || name === 'halfOpen' || name === 'slow') troubled.add(peer);
    }
  }
  return steps;
}

function draw<T extends string>(random: SimRandom, from: readonly (readonly [T, number])[]): T {
  const total = from.reduce((sum, [, weight]) => sum + weight, 0);
  let left = random.next() * total;
  for (const [name, weight] of from) {
    left -= weight;
    if (left < 0) return name;
  }
  throw new Error('All weights are 0: there is nothing to draw.');
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyz';

function edit(random: SimRandom, name: Edit, peer: number): Step {
  switch (name) {
    case 'type': {
      const length = random.int(1, 8);
      const text = Array.from({ length }, () => LETTERS[random.int(0, 25)]).join('');
      return { type: 'type', peer, text };
    }
    case 'erase':
      return { type: 'erase', peer, count: random.int(1, 4) };
    case 'break':
      return { type: 'break', peer };
    case 'caret':
      return {
        type: 'caret',
        peer,
        to: random.chance(0.5) ? 'begin' : 'end',
        by: random.int(0, 10),
      };
    default: {
      const unreachable: never = name;
      return unreachable;
    }
  }
}

function fault(random: SimRandom, name: Fault, peer: number): Step {
  switch (name) {
    case 'halfOpen':
      return { type: name, peer, way: random.pick(['up', 'down', 'both'] as const) };
    case 'slow':
      return { type: name, peer, latency: random.int(20, 300), jitter: random.int(0, 100) };
    case 'dropFrames':
    case 'duplicate':
      return { type: name, peer, count: random.int(1, 3) };
    case 'cut':
    case 'reload':
    case 'crash':
    case 'kill':
      return { type: name, peer };
    case 'serverKill':
    case 'serverPause':
    case 'fillDisk':
      return { type: name };
    default: {
      const unreachable: never = name;
      return unreachable;
    }
  }
}

/** Version of the file of a session. */
const REPLAY_VERSION = 1;

const replaySchema = v.object({
  version: v.literal(REPLAY_VERSION),
  seed: v.string(),
  peers: positiveSchema,
  /** What was wrong, for whoever reads it. */
  found: v.string(),
  steps: v.array(stepSchema),
});
export type Replay = Omit<v.InferOutput<typeof replaySchema>, 'version'>;

export function writeReplay(replay: Replay): string {
  return `${JSON.stringify({ version: REPLAY_VERSION, ...replay }, undefined, 1)}\n`;
}

/** @throws Error that says in a sentence why the text is no session that can be replayed */
export function readReplay(text: string): Replay {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Error('This is no recorded session: it is no JSON.', { cause: error });
  }
  const version: unknown =
    typeof value === 'object' && value !== null ? Reflect.get(value, 'version') : undefined;
  if (version !== REPLAY_VERSION) {
    throw new Error(
      `This session has version ${String(version)}, and this testkit replays ${REPLAY_VERSION}: replay it with the testkit that recorded it, or run its seed again.`,
    );
  }
  const parsed = v.safeParse(replaySchema, value);
  if (!parsed.success) {
    const [issue] = parsed.issues;
    throw new Error(
      `This is no recorded session: ${v.getDotPath(issue) ?? 'it'}: ${issue.message}`,
    );
  }
  const { seed, peers, found, steps } = parsed.output;
  return { seed, peers, found, steps };
}

/** A step in a few words. */
export function stepWords(step: Step): string {
  switch (step.type) {
    case 'type':
      return `types “${step.text}”`;
    case 'erase':
      return `erases ${step.count}`;
    case 'break':
      return 'new paragraph';
    case 'caret':
      return `caret to ${step.to}${step.by === 0 ? '' : `, ${step.by} off`}`;
    case 'slow':
      return `slow by ${step.latency} ms`;
    case 'halfOpen':
      return `half-open (${step.way})`;
    case 'dropFrames':
      return `loses ${step.count} messages`;
    case 'duplicate':
      return `gets ${step.count} messages twice`;
    default:
      return step.type;
  }
}
