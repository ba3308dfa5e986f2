import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startServerProcess } from '../src/index.ts';

const entry = fileURLToPath(new URL('fixtures/server.ts', import.meta.url));

describe('server process', () => {
  it('starts on a free port with its data directory, and is killed by its id', async () => {
    const server = await startServerProcess({ entry, dataDir: '/tmp/some-data' });
    expect(await (await fetch(server.url)).text()).toContain(`pid ${server.pid}`);
    expect(server.output()).toContain('with /tmp/some-data');
    expect(await server.kill('SIGKILL')).toEqual({ code: null, signal: 'SIGKILL' });
    await expect(fetch(server.url)).rejects.toThrow();
    expect(await server.kill()).toEqual({ code: null, signal: 'SIGKILL' });
  });

  it('comes back on the same port, but not while it runs', async () => {
    const first = await startServerProcess({ entry, dataDir: '/tmp/some-data' });
    await expect(first.restart()).rejects.toThrow('still runs');
    await first.kill('SIGKILL');
    const second = await first.restart();
    expect(second.url).toBe(first.url);
    expect(second.pid).not.toBe(first.pid);
    await second.kill();
  });

  it('stands and goes on, and is ended while it stands', async () => {
    const server = await startServerProcess({ entry, dataDir: '/tmp/some-data' });
    server.pause();
    let answered = false;
    const answer = fetch(server.url).then(() => {
      answered = true;
    });
    // A second one, of a server that runs, has come and gone meanwhile.
    const other = await startServerProcess({ entry, dataDir: '/tmp/some-data' });
    await fetch(other.url);
    await other.kill();
    expect(answered).toBe(false);
    server.resume();
    await answer;
    server.pause();
    expect(await server.kill()).toEqual({ code: null, signal: 'SIGTERM' });
  });

  it.runIf(process.platform === 'linux')(
    'has no room on its disk, and has room again',
    async () => {
      const dataDir = await mkdtemp(join(tmpdir(), 'weft-full-'));
      onTestFinished(() => rm(dataDir, { recursive: true }));
      const server = await startServerProcess({ entry, dataDir });
      const write = async () =>
        (await fetch(`${server.url}/write`, { method: 'POST', body: 'x' })).text();
      expect(await write()).toBe('written');
      await server.fillDisk();
      expect(await write()).toBe('EFBIG');
      await server.freeDisk();
      expect(await write()).toBe('written');
      await server.kill();
      await expect(server.fillDisk()).rejects.toThrow('A disk can be filled on Linux alone');
    },
  );

  it('says what a server wrote that would not start', async () => {
    await expect(
      startServerProcess({ entry, dataDir: '/tmp/some-data', env: { REFUSE: '1' } }),
    ).rejects.toThrow('the data directory is not writable');
  });
});
