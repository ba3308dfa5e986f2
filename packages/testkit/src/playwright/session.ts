import { readFile, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { TestInfo } from '@playwright/test';
import {
  type PlanOptions,
  type Replay,
  type Step,
  planSession,
  readReplay,
  writeReplay,
} from '../session/plan.ts';
import { type MadeStep, sessionReport } from '../session/report.ts';
import { shrink } from '../sim/shrink.ts';
import { DEFAULT_DOM, type App } from './app.ts';
import { expectConverged } from './converged.ts';
import type { Crowd } from './crowd.ts';
import type { Peer } from './peer.ts';
import type { TestServer } from './server.ts';

export interface SessionOptions extends PlanOptions {
  /** Milliseconds that all have to become one in, once every fault has ended; default 20,000. */
  readonly within?: number;
  /** Runs that finding a shorter failure may take; each has a server and browsers of its own. Default 15. */
  readonly shrinkRuns?: number;
}

/** A session of a file that a failed test left. */
export interface ReplayOptions {
  readonly replay: string;
  readonly within?: number;
}

/** A server and people of one run. */
export interface World {
  readonly server: TestServer;
  readonly crowd: Crowd;
  close(): Promise<void>;
}

interface Run {
  readonly failure: Error | undefined;
  readonly names: readonly string[];
  readonly made: readonly MadeStep[];
  readonly frames: readonly Peer['network']['frames'][];
  readonly text: string;
}

/**
 * Lets peers edit at random among faults, ends every fault, and expects all to become one. A failure is shrunk to fewer
 * steps, and left as a file to replay and a page to look at.
 * @returns the text that all ended with
 */
export async function runSession(
  options: SessionOptions | ReplayOptions,
  context: { readonly app: App; readonly open: () => Promise<World>; readonly info: TestInfo },
): Promise<string> {
  const { app, open, info } = context;
  const replay: Replay =
    'replay' in options
      ? readReplay(await readFile(options.replay, 'utf8'))
      : {
          seed: String(options.seed),
          peers: options.peers,
          found: '',
          steps: [...planSession(options)],
        };
  const once = async (steps: readonly Step[]): Promise<Run> => {
    const world = await open();
    try {
      return await play(world, app, replay.peers, steps, options.within ?? 20_000);
    } finally {
      await world.close();
    }
  };
  const save = async (steps: readonly Step[], run: Run) => {
    const name = `session-${replay.seed.replaceAll(/[^\w-]/g, '_')}`;
    const found = run.failure?.message ?? '';
    const record = { ...replay, found, steps: [...steps] };
    const [file, page] = [info.outputPath(`${name}.json`), info.outputPath(`${name}.html`)];
    await writeFile(file, writeReplay(record));
    await writeFile(page, sessionReport({ ...record, ...run }));
    for (const path of [file, page]) await info.attach(basename(path), { path });
    return { file, page };
  };

  const first = await once(replay.steps);
  if (first.failure === undefined) {
    await save(replay.steps, first);
    return first.text;
  }
  let [best, run] = [replay.steps as readonly Step[], first];
  const { name } = first.failure;
  await shrink(
    replay.steps,
    async (candidate) => {
      const again = await once(candidate);
      if (again.failure?.name !== name) return false;
      [best, run] = [candidate, again];
      return true;
    },
    'replay' in options ? 0 : (options.shrinkRuns ?? 15),
  );
  const { file, page } = await save(best, run);
  throw new Error(
    [
      `Session ${replay.seed} fails, with ${best.length} of its ${replay.steps.length} steps too.`,
      run.failure?.message ?? '',
      `  replay: randomSession({ replay: ${JSON.stringify(file)} })`,
      `  report: ${page}`,
    ].join('\n'),
    { cause: run.failure },
  );
}

async function play(
  { server, crowd }: World,
  app: App,
  count: number,
  steps: readonly Step[],
  within: number,
): Promise<Run> {
  const peers = await crowd.peers(count);
  const made: MadeStep[] = [];
  let failure: Error | undefined;
  let text = '';
  try {
    for (const step of steps) {
      const from = Date.now();
      await perform(step, peers, server, app);
      made.push({ step, from, to: Date.now() });
    }
    server.resume();
    await server.freeDisk();
    for (const peer of peers) await peer.network.heal();
    text = await expectConverged(peers, { within });
    crowd.complain();
  } catch (error) {
    failure = error instanceof Error ? error : new Error(String(error));
  }
  return {
    failure,
    made,
    text,
    names: peers.map(({ name }) => name),
    frames: peers.map(({ network }) => network.frames),
  };
}

async function perform(
  step: Step,
  peers: readonly Peer[],
  server: TestServer,
  app: App,
): Promise<void> {
  switch (step.type) {
    case 'serverKill':
      await server.kill();
      return server.restart();
    case 'serverPause':
      return server.pause();
    case 'serverResume':
      return server.resume();
    case 'fillDisk':
      return server.fillDisk();
    case 'freeDisk':
      return server.freeDisk();
    default:
  }
  const peer = peers[step.peer];
  if (peer === undefined) throw new Error(`There is no peer ${step.peer}.`);
  const { network, page } = peer;
  switch (step.type) {
    case 'cut':
      return network.cut();
    case 'heal':
      return network.heal();
    case 'halfOpen':
      return network.halfOpen(step.way);
    case 'slow':
      return network.slow(step);
    case 'dropFrames':
      return network.dropFrames(step.count);
    case 'duplicate':
      return network.duplicate(step.count);
    case 'reload':
      // Pages need the server: one that stands would answer when the session is over.
      server.resume();
      await peer.reload();
      return undefined;
    case 'crash':
      server.resume();
      await peer.crash();
      return peer.reopen();
    case 'kill':
      server.resume();
      await peer.kill();
      return peer.reopen();
    default:
  }
  const editor = page.locator((app.dom ?? DEFAULT_DOM).selector).first();
  await editor.focus();
  const press = async (key: string, times: number) => {
    for (let time = 0; time < times; time += 1) await page.keyboard.press(key);
  };
  switch (step.type) {
    case 'type':
      return page.keyboard.type(step.text);
    case 'erase':
      return press('Backspace', step.count);
    case 'break':
      return page.keyboard.press('Enter');
    case 'caret': {
      const [to, back] =
        step.to === 'begin' ? ['Control+Home', 'ArrowRight'] : ['Control+End', 'ArrowLeft'];
      await page.keyboard.press(to);
      return press(back, step.by);
    }
    default: {
      const unreachable: never = step;
      return unreachable;
    }
  }
}
