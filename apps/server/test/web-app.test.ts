import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { serveWebApp } from '../src/web-app.ts';

it('outlives a build that takes its files away', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'weft-web-app-'));
  await writeFile(join(directory, 'index.html'), '<!doctype html>');
  const server = createServer(serveWebApp(directory)).listen(0, '127.0.0.1');
  try {
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const get = () => fetch(`http://127.0.0.1:${port}/`);
    expect(await (await get()).text()).toBe('<!doctype html>');
    await rm(join(directory, 'index.html'));
    await expect(get()).rejects.toThrow();
    await writeFile(join(directory, 'index.html'), '<!doctype html>');
    expect((await get()).status).toBe(200);
  } finally {
    server.close();
    await rm(directory, { recursive: true, force: true });
  }
});
