import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
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

  it('says what a server wrote that would not start', async () => {
    await expect(
      startServerProcess({ entry, dataDir: '/tmp/some-data', env: { REFUSE: '1' } }),
    ).rejects.toThrow('the data directory is not writable');
  });
});
