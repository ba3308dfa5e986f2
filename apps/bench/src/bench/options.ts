import { parseArgs } from 'node:util';
import { KINDS, type Kind } from './kinds.ts';
import { afterCut } from './scenarios/after-cut.ts';
import { carets } from './scenarios/carets.ts';
import { cold } from './scenarios/cold.ts';
import { fast } from './scenarios/fast.ts';
import { hot } from './scenarios/hot.ts';
import { idle } from './scenarios/idle.ts';
import { lost } from './scenarios/lost.ts';
import { many } from './scenarios/many.ts';
import { messages } from './scenarios/messages.ts';
import { missed } from './scenarios/missed.ts';
import { offline } from './scenarios/offline.ts';
import { size } from './scenarios/size.ts';
import { slowDisk } from './scenarios/slow-disk.ts';
import { stampede } from './scenarios/stampede.ts';
import { stoppedReader } from './scenarios/stopped-reader.ts';
import type { Scenario } from './scenario.ts';

export const SCENARIOS: readonly Scenario[] = [
  lost,
  hot,
  fast,
  many,
  carets,
  stampede,
  slowDisk,
  cold,
  offline,
  afterCut,
  idle,
  stoppedReader,
  messages,
  missed,
  size,
];

export const USAGE = `npm run bench -- [scenario…] [--quick] [--rounds N] [--only server] [--out file.json] [--profile directory] [--stages]
Scenarios: ${SCENARIOS.map(({ name }) => name).join(', ')}; none means all of them.`;

export interface BenchOptions {
  readonly scenarios: readonly Scenario[];
  readonly quick: boolean;
  readonly rounds: number;
  /** One file for all results. Without it, each scenario's go to `results/`, but for those of a quick run. */
  readonly out: string | undefined;
  /** Measure this server alone: for work on it, not for results. */
  readonly only: Kind | undefined;
  /** Where to put CPU profiles of our own server. */
  readonly profile: string | undefined;
  /** Show how long each step of an edit takes in our own server. */
  readonly stages: boolean;
}

/** What is wrong with the command line, in one line. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** @throws UsageError */
export function parseOptions(argv: readonly string[]): BenchOptions {
  const { values, positionals } = parse(argv);
  const quick = values.quick === true;
  const scenarios =
    positionals.length === 0
      ? SCENARIOS
      : positionals.map((name) => {
          const found = SCENARIOS.find((scenario) => scenario.name === name);
          if (found === undefined) throw new UsageError(`there is no scenario "${name}"`);
          return found;
        });
  return {
    scenarios,
    quick,
    rounds: readRounds(values.rounds, quick),
    out: values.out,
    only: readKind(values.only),
    profile: values.profile,
    stages: values.stages === true,
  };
}

function readRounds(text: string | undefined, quick: boolean): number {
  if (text === undefined) return quick ? 1 : 3;
  const rounds = Number(text);
  if (!/^\d+$/.test(text) || rounds < 1 || rounds > 100) {
    throw new UsageError(`--rounds takes a whole number from 1 to 100, not ${text}`);
  }
  return rounds;
}

function readKind(text: string | undefined): Kind | undefined {
  if (text === undefined) return undefined;
  const kind = KINDS.find((each) => each === text);
  if (kind === undefined) throw new UsageError(`--only takes ${KINDS.join(', ')}, not ${text}`);
  return kind;
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        quick: { type: 'boolean' },
        rounds: { type: 'string' },
        out: { type: 'string' },
        only: { type: 'string' },
        profile: { type: 'string' },
        stages: { type: 'boolean' },
      },
    });
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new UsageError(message.split('\n', 1)[0] ?? message, { cause });
  }
}
