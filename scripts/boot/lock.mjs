import { randomUUID } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { errorCode } from './error-code.mjs';

/** Milliseconds between two looks at a lock that another process holds. */
const POLL = 100;

/**
 * Runs `work` while no other process runs under the same lock. A lock whose owner is dead is taken over.
 * @template T
 * @param {string} path the lock's file; its directory is made
 * @param {() => Promise<T>} work
 * @param {() => void} onWait called once if another process holds the lock
 * @returns {Promise<T>}
 */
export async function withLock(path, work, onWait) {
  mkdirSync(dirname(path), { recursive: true });
  const owner = `${process.pid} ${startOf(process.pid)} ${randomUUID()}`;
  let waited = false;
  while (!claim(path, owner) && !takeOver(path, owner)) {
    if (!waited) onWait();
    waited = true;
    await new Promise((resolve) => {
      setTimeout(resolve, POLL);
    });
  }
  const release = () => {
    if (read(path) === owner) rmSync(path, { force: true });
  };
  // Also when the process is told to end in the middle of the work.
  process.once('exit', release);
  try {
    return await work();
  } finally {
    process.off('exit', release);
    release();
  }
}

/**
 * Makes the lock's file with its content in one step; false when it is there already.
 * @param {string} path
 * @param {string} owner
 */
function claim(path, owner) {
  const draft = `${path}.${randomUUID()}`;
  writeFileSync(draft, owner);
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
    return false;
  } finally {
    rmSync(draft);
  }
}

/**
 * Replaces a dead owner's lock. A second lock guards the look and the replacement, or of two processes that both
 * saw the dead owner the later one would replace the lock of the earlier. The guard is held for no longer than
 * this function, which never waits.
 * @param {string} path
 * @param {string} owner
 */
function takeOver(path, owner) {
  if (isAlive(read(path))) return false;
  const guard = `${path}.takeover`;
  if (!claim(guard, owner)) {
    if (!isAlive(read(guard))) rmSync(guard, { force: true });
    return false;
  }
  try {
    const present = read(path);
    if (present === undefined || isAlive(present)) return false;
    const draft = `${path}.${randomUUID()}`;
    writeFileSync(draft, owner);
    renameSync(draft, path);
    return true;
  } finally {
    rmSync(guard, { force: true });
  }
}

/** @param {string} path */
function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * Whether the process that wrote a lock still runs; its start time tells it from a later one with its number.
 * @param {string | undefined} content
 */
function isAlive(content) {
  const owner = content === undefined ? undefined : parseOwner(content);
  if (owner === undefined) return false;
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    return errorCode(error) === 'EPERM';
  }
  return owner.started === startOf(owner.pid);
}

/**
 * The owner in a lock's file; `undefined` for what `claim` never wrote, which nobody can be holding.
 * @param {string} content
 */
function parseOwner(content) {
  const [pid = '', started = ''] = content.split(' ');
  return /^\d+$/.test(pid) ? { pid: Number(pid), started } : undefined;
}

/**
 * When a process started, in the kernel's ticks; empty where there is no /proc.
 * @param {number} pid
 */
function startOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the program's name in parentheses and may hold spaces; the start time is field 22.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}
