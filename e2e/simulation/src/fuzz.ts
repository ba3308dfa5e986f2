import { parseArgs } from 'node:util';
import { globals } from './prelude.ts';
import { PLANTED, plant, unguarded } from './bite/bugs.ts';
import { hunt } from './bite/hunt.ts';
import type { Case } from './case.ts';
import { cpuTime } from './cost.ts';
import { gossip, plain } from './generate.ts';
import { readRegressions, writeRegression } from './regressions.ts';
import { run } from './run.ts';
import { caseOf, casesFrom } from './seeds.ts';
import { shrinkCase } from './shrink-case.ts';
import { type Universe, soundUniverse } from './universe.ts';

/**
 * `npm run fuzz -- [--seed N] [--plain] [--minutes M | --runs N | --commands N] [--replay name.json] [--bite text]`: runs seeds until the time
 * is up; a failing one is shrunk and kept in `regressions/`. Exit code 1 when something failed.
 */
const HELP = `npm run fuzz -- [options]
  --seed N        the first seed (1)
  --minutes M     how long to run, by the wall clock (1)
  --runs N        how many seeds to run instead
  --plain         only edits: what a run costs without faults, attacks and talk
  --commands N    conversations until so many commands were made: messages, edits, reactions, …
  --replay NAME   run one file of e2e/simulation/regressions
  --bite TEXT     hunt the planted bugs and removed guards whose names hold the text ("" for all)`;

/** Commands after which a long run says how far it is. */
const TOLD_EVERY = 50_000;

globals.leave();
process.exitCode = await main();

async function main(): Promise<number> {
  let options;
  try {
    ({ values: options } = parseArgs({
      options: {
        seed: { type: 'string', default: '1' },
        minutes: { type: 'string', default: '1' },
        runs: { type: 'string' },
        plain: { type: 'boolean', default: false },
        commands: { type: 'string' },
        replay: { type: 'string' },
        bite: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    }));
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    return 2;
  }
  if (options.help) {
    console.log(HELP);
    return 0;
  }
  const seed = Number(options.seed);
  const minutes = Number(options.minutes);
  const runs = options.runs === undefined ? Number.POSITIVE_INFINITY : Number(options.runs);
  if (!Number.isSafeInteger(seed) || !(minutes > 0) || !(runs > 0)) {
    console.error('--seed is a whole number; --minutes and --runs are above zero.');
    return 2;
  }
  if (options.bite !== undefined) return bite(options.bite, seed);
  const universe = await soundUniverse();
  if (options.replay !== undefined) return replay(universe, options.replay);
  if (options.commands !== undefined) {
    const commands = Number(options.commands);
    if (Number.isSafeInteger(commands) && commands > 0) return talk(universe, seed, commands);
    console.error('--commands is a whole number above zero.');
    return 2;
  }
  return fuzz(universe, seed, { minutes, runs, plain: options.plain });
}

async function fuzz(
  universe: Universe,
  first: number,
  limit: { readonly minutes: number; readonly runs: number; readonly plain: boolean },
): Promise<number> {
  const [from, cpu] = [performance.now(), cpuTime()];
  let done = 0;
  for (let seed = first; done < limit.runs; seed += 1) {
    const late = limit.runs === Number.POSITIVE_INFINITY && elapsed(from) >= limit.minutes;
    if (late) break;
    const failing = limit.plain ? plain(`plain ${seed}`) : caseOf(seed);
    const { violations } = await run(universe, failing);
    done += 1;
    if (violations.length === 0) continue;
    report(`seed ${seed}`, violations);
    await keep(universe, `${limit.plain ? 'plain' : 'seed'}-${seed}`, failing);
    return 1;
  }
  const perMinute = Math.round((done * 60_000) / (cpuTime() - cpu));
  console.log(`${done} runs from seed ${first}, nothing broken; ${perMinute} a minute and core`);
  return 0;
}

/** Conversations: each command that a device called safe is stored once, in its device's order, or shown as failed. */
async function talk(universe: Universe, first: number, wanted: number): Promise<number> {
  const cpu = cpuTime();
  let commands = 0;
  let seed = first;
  let told = 0;
  for (; commands < wanted; seed += 1) {
    const failing = gossip(`gossip ${seed}`);
    const outcome = await run(universe, failing);
    commands += outcome.commands;
    if (commands - told >= TOLD_EVERY) {
      told = commands;
      console.log(`${commands} commands in ${seed + 1 - first} runs …`);
    }
    if (outcome.violations.length === 0) continue;
    report(`gossip ${seed}`, outcome.violations);
    await keep(universe, `gossip-${seed}`, failing);
    return 1;
  }
  const perMinute = Math.round((commands * 60_000) / (cpuTime() - cpu));
  console.log(
    `${commands} commands in ${seed - first} runs from seed ${first}: 0 duplicates, 0 gaps, 0 reorderings; ${perMinute} a minute and core`,
  );
  return 0;
}

async function keep(universe: Universe, name: string, failing: Case): Promise<void> {
  console.log('shrinking …');
  const small = await shrinkCase(universe, failing);
  const [violation] = (await run(universe, small)).violations;
  const found = `${violation?.law ?? '?'}: ${violation?.what ?? '?'}`;
  const file = writeRegression({ name: `${name}.json`, found, case: small });
  console.log(`${small.actions.length} of ${failing.actions.length} actions are left: ${file}`);
}

async function replay(universe: Universe, name: string): Promise<number> {
  const kept = readRegressions().find((each) => each.name === name);
  if (kept === undefined) {
    console.error(`There is no regression called ${name}.`);
    return 2;
  }
  const { violations, trace } = await run(universe, kept.case);
  if (violations.length === 0) console.log(`${name}: nothing broken, trace ${trace}`);
  else report(name, violations);
  return violations.length === 0 ? 0 : 1;
}

/** Hunts bugs; `found` of each run helps to choose hints. */
async function bite(text: string, first: number): Promise<number> {
  let escaped = 0;
  for (const bug of [...PLANTED, ...unguarded()]) {
    if (!bug.name.includes(text)) continue;
    const caught = await hunt(await plant(bug), casesFrom(first));
    if (caught.outcome === 'caught') {
      const { law, what } = caught.violation;
      const line = `caught by seed ${caught.seed} in ${caught.runs} runs, ${caught.cost} ms`;
      console.log(`${bug.name}\n  ${line}: ${law}: ${what.split('\n')[0]}`);
    } else {
      escaped += 1;
      console.log(`${bug.name}\n  ESCAPED ${caught.runs} runs, ${caught.cost} ms`);
    }
  }
  return escaped === 0 ? 0 : 1;
}

function report(
  name: string,
  violations: readonly { readonly law: string; readonly what: string; readonly at: number }[],
): void {
  for (const { law, what, at } of violations) {
    console.log(`${name} at ${Math.round(at)} ms: ${law}: ${what}`);
  }
}

function elapsed(from: number): number {
  return (performance.now() - from) / 60_000;
}
