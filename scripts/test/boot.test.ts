import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { isRunning } from './support/process.ts';
import { repository } from './support/repository.ts';
import { writeTree } from './support/temporary.ts';

const HELLO = "console.log('hello', ...process.argv.slice(2));\n";

describe('boot', () => {
  it('installs once, with the version of pnpm that package.json names, then not again', async () => {
    const { boot, installs, directory } = repository(HELLO);
    const first = boot('check', 'a', 'b');
    expect(await first.ended).toBe(0);
    expect(first.output()).toMatch(/installing[^]*hello a b/);
    expect(readFileSync(join(directory, 'installs'), 'utf8')).toBe(
      '--yes pnpm@1.2.3 install --frozen-lockfile\n',
    );
    const second = boot('check');
    expect(await second.ended).toBe(0);
    expect(second.output()).toBe('hello\n');
    expect(installs()).toBe(1);
  });

  it.each(['pnpm-lock.yaml', 'package.json', 'packages/a/package.json', 'apps/b/package.json'])(
    'installs again when %s changed',
    async (path) => {
      const { boot, installs, directory } = repository(HELLO);
      await boot('check').ended;
      const before = existsSync(join(directory, path))
        ? readFileSync(join(directory, path), 'utf8')
        : '{}';
      writeTree(directory, { [path]: `${before}\n` });
      expect(await boot('check').ended).toBe(0);
      expect(installs()).toBe(2);
    },
  );

  it('shows what a failed install printed, runs nothing, and installs again the next time', async () => {
    const { boot, installs, directory } = repository(HELLO);
    writeFileSync(join(directory, 'fail'), '');
    const failed = boot('check');
    expect(await failed.ended).toBe(1);
    expect(failed.output()).toMatch(/no such package[^]*install of dependencies failed/);
    expect(failed.output()).not.toContain('hello');
    rmSync(join(directory, 'fail'));
    expect(await boot('check').ended).toBe(0);
    expect(installs()).toBe(2);
  });

  it('installs once when two boots start together', async () => {
    const { boot, installs, directory } = repository(HELLO);
    writeFileSync(join(directory, 'hold'), '');
    const one = boot('check', 'one');
    await vi.waitFor(() => expect(installs()).toBe(1), { timeout: 10_000 });
    const two = boot('check', 'two');
    await two.seen(/waiting for another install/);
    rmSync(join(directory, 'hold'));
    expect(await one.ended).toBe(0);
    expect(await two.ended).toBe(0);
    expect(two.output()).toContain('hello two');
    expect(installs()).toBe(1);
  });

  it('takes over the lock of a process that died', async () => {
    const { boot, installs, directory } = repository(HELLO);
    const dead = spawnSync(process.execPath, ['--version']).pid;
    writeTree(directory, { '.weft/install.lock': `${dead} 1 an-id` });
    expect(await boot('check').ended).toBe(0);
    expect(installs()).toBe(1);
    expect(existsSync(join(directory, '.weft/install.lock'))).toBe(false);
  });

  it('ends an install that is under way when told to stop', async () => {
    const { boot, installs, directory } = repository(HELLO);
    writeFileSync(join(directory, 'hold'), '');
    const running = boot('check');
    await vi.waitFor(() => expect(installs()).toBe(1), { timeout: 10_000 });
    running.child.kill('SIGTERM');
    expect(await running.ended).toBe(143);
    expect(running.output()).toContain('stopped while installing');
    expect(existsSync(join(directory, '.weft/install.lock'))).toBe(false);
  });

  it('passes on the exit code of a command', async () => {
    const { boot } = repository('process.exit(3);\n');
    expect(await boot('check').ended).toBe(3);
  });

  it('knows its commands', async () => {
    const { boot, installs } = repository(HELLO);
    const running = boot('chekc');
    expect(await running.ended).toBe(2);
    expect(running.output()).toMatch(/^weft: unknown command "chekc": use one of start, .*\n$/);
    expect(installs()).toBe(0);
  });
});

/** Starts a helper that ignores SIGTERM, prints both process ids, and ends well when told to. */
const STUBBORN = `
import { spawn } from 'node:child_process';
const helper = spawn('sh', ['-c', 'trap "" TERM; while :; do sleep 60; done'], { stdio: 'ignore' });
process.on('SIGTERM', () => { console.log('closing'); process.exit(0); });
console.log('pids', process.pid, helper.pid);
setInterval(() => {}, 60_000);
`;

describe('a signal to boot', () => {
  it.each(['npm', 'node'] as const)('sent to %s leaves no descendant', async (by) => {
    const { boot, npm } = repository(STUBBORN);
    const running = by === 'npm' ? npm('run', 'check') : boot('check');
    const [, command, helper] = await running.seen(/pids (\d+) (\d+)/);
    running.child.kill('SIGTERM');
    await running.ended;
    expect(running.output()).toContain('closing');
    expect(isRunning(Number(command))).toBe(false);
    expect(isRunning(Number(helper))).toBe(false);
  });

  it('counts as success where the command ended well', async () => {
    const { boot } = repository(STUBBORN);
    const running = boot('check');
    await running.seen(/pids/);
    running.child.kill('SIGTERM');
    expect(await running.ended).toBe(0);
  });
});
