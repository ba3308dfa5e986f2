import { spawn } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { constants } from 'node:os';
import { errorCode } from './error-code.mjs';
import { Failure } from './failure.mjs';

/**
 * Children run in a process group of their own, so that whatever they start can be ended with them: a signal to
 * this process goes to the whole group, and nothing of the group outlives its leader.
 */

/** Milliseconds that a group has to end after a signal, before it is killed: longer than a server drains. */
const GRACE = 15_000;
/** Milliseconds that stragglers have to end after their leader did. */
const STRAGGLER_GRACE = 2_000;
/** Milliseconds within which the same signal is one: on Ctrl-C both the terminal and npm send it. */
const SAME_SIGNAL = 1_000;
/** @type {readonly NodeJS.Signals[]} */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/**
 * @typedef {object} Ended
 * @property {number} code exit code, 128 + n where signal n ended the program
 * @property {string} output what it printed, where that was kept
 * @property {boolean} asked whether this process was told to end meanwhile
 */

/**
 * Runs a program until it has ended, and all its descendants with it.
 * @param {string} program
 * @param {string[]} args
 * @param {{ cwd: string, env: NodeJS.ProcessEnv, output: 'shown' | 'kept' }} options
 * @returns {Promise<Ended>}
 */
export async function run(program, args, { cwd, env, output: outputMode }) {
  const stream = outputMode === 'shown' ? 'inherit' : 'pipe';
  // Listening comes first: a signal between the two would end this process and leave the child.
  const signals = listen();
  try {
    const child = spawn(program, args, {
      cwd,
      env,
      detached: true,
      stdio: ['ignore', stream, stream],
    });
    signals.forwardTo(child.pid);
    let output = '';
    for (const pipe of [child.stdout, child.stderr]) {
      pipe?.setEncoding('utf8').on('data', (text) => {
        output += text;
      });
    }
    const closed = new Promise((resolve) => {
      child.once('close', resolve);
    });
    /** @type {number} */
    const code = await new Promise((resolve, reject) => {
      child.once('error', (error) => {
        reject(new Failure(`cannot run ${program}: ${error.message}`));
      });
      child.once('exit', (exitCode, signal) => resolve(exitCode ?? signalCode(signal)));
    });
    await endStragglers(child.pid);
    await closed;
    return { code, output, asked: signals.asked() };
  } finally {
    signals.stop();
  }
}

/** Takes the signals that ask this process to end, and passes them on to a group. */
function listen() {
  /** @type {number | undefined} */
  let group;
  /** @type {NodeJS.Signals | undefined} */
  let asked;
  let askedAt = 0;
  /** @type {NodeJS.Timeout | undefined} */
  let deadline;
  const forward = (/** @type {NodeJS.Signals} */ signal) => {
    if (asked === signal && Date.now() - askedAt < SAME_SIGNAL) return;
    asked = signal;
    askedAt = Date.now();
    signalGroup(group, signal);
    deadline ??= setTimeout(() => {
      process.stderr.write(`weft: still running ${GRACE / 1000} s after ${signal}: killed\n`);
      signalGroup(group, 'SIGKILL');
    }, GRACE);
  };
  const killGroup = () => signalGroup(group, 'SIGKILL');
  for (const signal of SIGNALS) process.on(signal, forward);
  process.once('exit', killGroup);
  return {
    forwardTo: (/** @type {number | undefined} */ pid) => {
      group = pid;
    },
    asked: () => asked !== undefined,
    stop: () => {
      clearTimeout(deadline);
      process.off('exit', killGroup);
      for (const signal of SIGNALS) process.off(signal, forward);
    },
  };
}

/** @param {number | undefined} group */
async function endStragglers(group) {
  if (!signalGroup(group, 'SIGTERM')) return;
  if (await isGone(group, STRAGGLER_GRACE)) return;
  signalGroup(group, 'SIGKILL');
  await isGone(group, STRAGGLER_GRACE);
}

/**
 * Waits until a group has no process left; false when `limit` milliseconds pass before.
 * @param {number | undefined} group
 * @param {number} limit
 */
async function isGone(group, limit) {
  const end = Date.now() + limit;
  while (hasMembers(group)) {
    if (Date.now() > end) return false;
    await new Promise((resolve) => {
      setTimeout(resolve, 20);
    });
  }
  return true;
}

/**
 * Whether a process of the group still runs. Where there is a /proc, those that have ended and that nobody has
 * waited for do not count: in a container without an init process they stay for ever.
 * @param {number | undefined} group
 */
function hasMembers(group) {
  if (!signalGroup(group, 0)) return false;
  if (process.platform !== 'linux') return true;
  return readdirSync('/proc').some((name) => {
    if (!/^\d+$/.test(name)) return false;
    const [state, , itsGroup] = statOf(name);
    return itsGroup === String(group) && state !== 'Z';
  });
}

/**
 * State, parent and group of a process, and more; empty when it has gone meanwhile.
 * @param {string} pid
 */
function statOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The program's name stands before, in parentheses, and may hold spaces.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return [];
  }
}

/**
 * Signals every process of a group; false when there is none left.
 * @param {number | undefined} group
 * @param {NodeJS.Signals | 0} signal
 */
function signalGroup(group, signal) {
  if (group === undefined) return false;
  try {
    process.kill(-group, signal);
    return true;
  } catch (error) {
    if (errorCode(error) === 'ESRCH') return false;
    throw error;
  }
}

/**
 * The exit code by which shells report a signal.
 * @param {NodeJS.Signals | null} signal
 */
function signalCode(signal) {
  return signal === null ? 1 : 128 + constants.signals[signal];
}
