import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TortureFailure, torture } from './torture/run.ts';

/**
 * The `torture` command: `npm run torture -- [--kills N] [--seed S]`. Ends with 0 when everything that was reported as
 * stored was there after every kill, with 1 when something was not, with 2 when the command line is not one.
 */
const USAGE = 'npm run torture -- [--kills 200] [--seed 1]';

function readNumbers(args: readonly string[]): { kills: number; seed: number } | undefined {
  const read = { kills: 200, seed: 1 };
  for (let i = 0; i < args.length; i += 2) {
    const value = args[i + 1] ?? '';
    if (!/^[1-9][0-9]{0,8}$/.test(value)) return undefined;
    if (args[i] === '--kills') read.kills = Number(value);
    else if (args[i] === '--seed') read.seed = Number(value);
    else return undefined;
  }
  return read;
}

const numbers = readNumbers(process.argv.slice(2));
if (numbers === undefined) {
  process.stderr.write(`torture: the command line was not understood. Usage: ${USAGE}\n`);
  process.exitCode = 2;
} else {
  const dataDir = mkdtempSync(join(tmpdir(), 'weft-torture-'));
  const began = performance.now();
  try {
    const { kills, writes, messages, underWay, reloads } = await torture({
      ...numbers,
      dataDir,
      progress: (text) => process.stderr.write(`${text}\n`),
    });
    const seconds = Math.round((performance.now() - began) / 1000);
    process.stdout.write(
      `${kills} kills in ${seconds} s (seed ${numbers.seed}): ${writes} writes and ${messages} messages were reported as stored, all of them are there, once, in order; ${underWay} writes were under way at a kill, ${reloads} clients were reloaded.\n`,
    );
    rmSync(dataDir, { recursive: true, force: true });
  } catch (error) {
    process.exitCode = 1;
    const message = error instanceof Error ? error.message : String(error);
    process.stderr.write(
      `torture: ${error instanceof TortureFailure ? message : `it failed: ${message}`}\nThe data is kept in ${dataDir}.\n`,
    );
  }
}
