/**
 * The door to every command: `node scripts/boot.mjs <command> [args…]`, called by the scripts of package.json.
 * Plain JavaScript without dependencies, since it runs on the Node that happens to be there (20 or newer) and
 * before anything is installed. It installs what is missing, then runs the command with the Node of the lockfile.
 */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { COMMANDS } from './boot/commands.mjs';
import { ensureInstalled } from './boot/install.mjs';
import { Failure } from './boot/failure.mjs';
import { run } from './boot/process-group.mjs';
import { findRuntime } from './boot/runtime.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/**
 * The directory that relative paths of the person (a data directory, a trace) are meant from.
 * @param {string} command
 */
function userDirectory(command) {
  // npm moves to the package's root and leaves where it was called in INIT_CWD. Both conditions together keep a
  // command that was spawned by a script of npm, in another directory, from using that outer directory.
  const byNpm = process.env.npm_lifecycle_event === command && process.cwd() === root;
  return byNpm && process.env.INIT_CWD ? process.env.INIT_CWD : process.cwd();
}

async function main() {
  const [command = '', ...args] = process.argv.slice(2);
  const steps = Object.hasOwn(COMMANDS, command) ? COMMANDS[command] : undefined;
  if (steps === undefined) {
    throw new Failure(
      `unknown command "${command}": use one of ${Object.keys(COMMANDS).join(', ')}`,
      2,
    );
  }
  const cwd = userDirectory(command);
  await ensureInstalled(root);
  const node = findRuntime(root);
  const env = {
    ...process.env,
    PATH: `${join(root, 'node_modules', '.bin')}:${process.env.PATH ?? ''}`,
  };
  for (const { script, args: stepArgs } of steps(args)) {
    const { code, asked } = await run(node, [join(root, script), ...stepArgs], {
      cwd,
      env,
      output: 'shown',
    });
    if (code !== 0 || asked) return code;
  }
  return 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof Failure)) throw error;
  process.stderr.write(`weft: ${error.message}\n`);
  process.exitCode = error.exitCode;
}
