import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { USAGE, UsageError, parseOptions } from './bench/options.ts';
import { table } from './bench/report.ts';
import { type Outcome, runScenario } from './bench/run.ts';

/**
 * The `bench` command: our server beside others, in one run. Ends with 0 when everything was measured, whatever the
 * figures; with 1 when something could not be; with 2 when the command line is wrong.
 */
const RESULTS = fileURLToPath(new URL('../results', import.meta.url));

function progress(text: string): void {
  process.stderr.write(process.stderr.isTTY ? `\r\x1b[K${text}` : `${text}\n`);
}

async function write(file: string, value: unknown): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `${JSON.stringify(value, undefined, 1)}\n`);
}

async function main(): Promise<void> {
  if (process.argv.includes('--help')) {
    process.stdout.write(`${USAGE}\n`);
    return;
  }
  const { scenarios, quick, rounds, out, only, profile, stages } = parseOptions(
    process.argv.slice(2),
  );
  const nodeOptions =
    profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${resolve(profile)}`];
  const outcomes: Outcome[] = [];
  for (const scenario of scenarios) {
    const outcome = await runScenario(scenario, {
      quick,
      rounds,
      only,
      stages,
      nodeOptions,
      progress,
    });
    outcomes.push(outcome);
    if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
    process.stdout.write(`${table(outcome)}\n\n`);
    if (out === undefined && !quick && only === undefined && profile === undefined && !stages)
      await write(join(RESULTS, `${scenario.name}.json`), outcome);
  }
  if (out !== undefined) await write(out, outcomes);
}

main().catch((error: unknown) => {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof UsageError) process.stderr.write(`bench: ${message}. Usage: ${USAGE}\n`);
  else process.stderr.write(`bench: ${message}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
});
