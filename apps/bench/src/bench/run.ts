import { cpus } from 'node:os';
import { KINDS, type Kind } from './kinds.ts';
import { startLoad } from './load-process.ts';
import { quietMoment } from './machine.ts';
import { type Judged, Measures, judge } from './measure.ts';
import type { Scenario, Stage } from './scenario.ts';
import { startServer } from './server-child.ts';
import { VERSIONS } from './versions.ts';

/** Milliseconds that a scenario waits for quiet moments, all in all. */
const PATIENCE = 240_000;

/** One raw result, as the load generator and the server gave it. */
export interface Kept {
  readonly server: Kind;
  readonly round: number;
  readonly [name: string]: unknown;
}

/** What a scenario ended with: figures, and everything they were computed from. */
export interface Outcome {
  readonly scenario: string;
  readonly about: string;
  readonly quick: boolean;
  readonly rounds: number;
  readonly environment: {
    readonly node: string;
    readonly cpus: number;
    readonly cpu: string;
    readonly versions: Readonly<Record<Kind, string>>;
  };
  readonly measures: readonly Judged[];
  readonly raw: readonly Kept[];
}

/** Runs one scenario on all its servers, one after the other, round by round. */
export async function runScenario(
  scenario: Scenario,
  options: {
    readonly quick: boolean;
    readonly rounds: number;
    readonly progress: (text: string) => void;
    /** Options of Node for our own server (`--cpu-prof`, say). */
    readonly nodeOptions?: readonly string[];
    /** Count where the time of edits goes in our own server. */
    readonly stages?: boolean;
    /** This server alone. */
    readonly only?: Kind | undefined;
  },
): Promise<Outcome> {
  const { quick, rounds, progress, nodeOptions, only, stages = false } = options;
  const measures = new Measures();
  const raw: Kept[] = [];
  const load = startLoad();
  let patience = PATIENCE;
  const stage: Stage = {
    quick,
    rounds,
    kinds: only === undefined ? KINDS : [only],
    load,
    measures,
    quiet: async () => {
      if (quick || patience <= 0) return;
      patience -= await quietMoment(patience, (others) =>
        progress(`${scenario.name}: waiting, others keep ${others.toFixed(1)} processors busy`),
      );
    },
    progress: (text) => progress(`${scenario.name}: ${text}`),
    keep: (server, round, kept) => raw.push({ ...kept, server, round }),
    withServer: async (kind, serverOptions, use) => {
      const server = await startServer(kind, {
        ...serverOptions,
        stages: stages && kind === 'weft',
        ...(kind === 'weft' && nodeOptions !== undefined ? { nodeOptions } : {}),
      });
      try {
        return await use(server);
      } finally {
        await server.close();
      }
    },
  };
  try {
    await scenario.run(stage);
  } finally {
    await load.close();
  }
  const processors = cpus();
  return {
    scenario: scenario.name,
    about: scenario.about(quick),
    quick,
    rounds,
    environment: {
      node: process.version,
      cpus: processors.length,
      cpu: processors[0]?.model ?? 'unknown',
      versions: VERSIONS,
    },
    measures: measures.list().map(judge),
    raw,
  };
}
