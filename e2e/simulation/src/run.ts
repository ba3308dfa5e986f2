import { createRandom } from '@weft/testkit/sim';
import type { Case } from './case.ts';
import type { Violation } from './ledger/violations.ts';
import { globals } from './prelude.ts';
import type { Universe } from './universe.ts';
import { World } from './world.ts';

/** What became of a run. */
export interface Outcome {
  readonly violations: readonly Violation[];
  /** Equal for equal runs. */
  readonly trace: string;
  readonly events: number;
  /** Commands to the conversation that devices called safe. */
  readonly commands: number;
  /** Sessions that went on after a cut. */
  readonly resumed: number;
  /** Tokens that took the place of older ones, sockets that ended with theirs, documents that were denied. */
  readonly access: { readonly renewed: number; readonly expired: number; readonly denied: number };
  /** Sockets that were let in after they had waited in a line. */
  readonly waited: number;
  /** The most bytes that ever waited in the server for somebody who did not read. */
  readonly waiting: number;
  /** How often a device lost something of what it kept. */
  readonly lost: number;
  /** Virtual milliseconds that passed. */
  readonly lasted: number;
  /** What Hocuspocus and others printed. */
  readonly printed: readonly string[];
}

/** Runs a case in a universe. The globals of this thread are the simulation's meanwhile. */
export async function run(universe: Universe, of: Case): Promise<Outcome> {
  const world = new World(universe, of);
  const { scheduler } = world;
  const printed: string[] = [];
  const unhandled: unknown[] = [];
  const told = (reason: unknown) => void unhandled.push(reason);
  const { error, warn, info, log } = console;
  const note = (...words: unknown[]) => void printed.push(words.map(String).join(' '));
  Object.assign(console, { error: note, warn: note, info: note, log: note });
  process.on('unhandledRejection', told);
  process.on('uncaughtException', told);
  globals.enter(scheduler, createRandom(`${of.seed}/globals`));
  try {
    await world.live();
  } catch (error) {
    // The log or a replica holds what Yjs itself cannot read, and the comparison of both ended there.
    world.violations.add('D3', `what is there could not be compared: ${describe(error)}`);
  } finally {
    globals.leave();
    Object.assign(console, { error, warn, info, log });
    // Rejections that nobody took are told of once the event loop turns.
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', told);
    process.off('uncaughtException', told);
  }
  for (const escaped of scheduler.escaped) {
    world.violations.add(
      'D3',
      `an error escaped in ${escaped.process}: ${describe(escaped.error)}`,
    );
  }
  for (const reason of unhandled) {
    world.violations.add('D3', `nobody took an error: ${describe(reason)}`);
  }
  return {
    violations: world.violations.found,
    trace: world.trace.hash,
    events: scheduler.events,
    commands: world.commands,
    resumed: world.resumed,
    access: world.access,
    waited: world.waited,
    waiting: world.waiting,
    lost: world.lost,
    lasted: scheduler.now,
    printed,
  };
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
