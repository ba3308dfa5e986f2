import { readFileSync, readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { expect, it } from 'vitest';
import { root } from '../root.ts';
import { isRunning, start } from './support/process.ts';
import { temporaryDirectory } from './support/temporary.ts';

/** Every process that descends from one, by its id. */
function descendants(pid: number): readonly number[] {
  const children = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => parentOf(name) === pid)
    .map(Number);
  return children.flatMap((child) => [child, ...descendants(child)]);
}

function parentOf(pid: string): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return undefined; // it has gone meanwhile
  }
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

// The web app may have to be built first.
it(
  '`npm start` serves, and SIGTERM to npm frees the port and leaves no process',
  { timeout: 120_000, skip: process.platform !== 'linux' },
  async () => {
    const running = start('npm', ['start'], {
      cwd: root,
      env: { PORT: '0', WEFT_DATA_DIR: temporaryDirectory() },
    });
    const [, address = ''] = await running.seen(/(http:\/\/127\.0\.0\.1:\d+)/);
    expect((await fetch(`${address}/healthz`)).status).toBe(200);
    expect(await (await fetch(address)).text()).toContain('<div id=');

    const processes = descendants(running.child.pid ?? 0);
    expect(processes.length).toBeGreaterThanOrEqual(2);
    running.child.kill('SIGTERM');
    await running.ended;
    expect(processes.filter(isRunning)).toEqual([]);
    expect(await isListening(Number(new URL(address).port))).toBe(false);
  },
);

it(
  '`npm start` explains an unknown option in one line and fails',
  { timeout: 120_000 },
  async () => {
    const running = start('npm', ['start', '--silent', '--', '--no-such-option'], {
      cwd: root,
      env: { PORT: '0', WEFT_DATA_DIR: temporaryDirectory() },
    });
    expect(await running.ended).not.toBe(0);
    expect(running.output().trim().split('\n')).toEqual([
      expect.stringContaining('--no-such-option'),
    ]);
  },
);
