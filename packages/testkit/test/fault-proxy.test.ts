import { Agent, request } from 'node:http';
import { fileURLToPath } from 'node:url';
import { tmpdir } from 'node:os';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type FaultProxy,
  type ServerProcess,
  createFaultProxy,
  startServerProcess,
} from '../src/index.ts';
import { closed, upgrade } from './fixtures/client.ts';

const entry = fileURLToPath(new URL('fixtures/server.ts', import.meta.url));

describe('fault proxy', () => {
  let server: ServerProcess;
  let proxy: FaultProxy;
  beforeEach(async () => {
    server = await startServerProcess({ entry, dataDir: tmpdir() });
    proxy = await createFaultProxy({ target: server.url });
  });
  afterEach(async () => {
    await proxy.close();
    await server.kill('SIGKILL');
  });

  const get = async (path: string) => (await fetch(`${proxy.url}${path}`)).text();

  it('passes pages and bodies through', async () => {
    expect(await get('/a?b=c')).toContain('GET /a?b=c');
    const posted = await fetch(`${proxy.url}/auth/guest`, { method: 'POST', body: 'name=Ann' });
    expect(await posted.text()).toContain('POST /auth/guest name=Ann');
  });

  it('passes an upgraded connection through, with the host that the browser asked for', async () => {
    const client = await upgrade(proxy.url, '/sync');
    client.socket.write('hello');
    await client.hears(`host ${new URL(proxy.url).host};hello`);
    expect(proxy.links).toBe(1);
    client.socket.destroy();
  });

  it('cuts the path: open connections die, new ones are refused, pages and other sockets live', async () => {
    const synced = await upgrade(proxy.url, '/sync?x=1');
    const other = await upgrade(proxy.url, '/hot');
    const gone = closed(synced);
    proxy.cut();
    await gone;
    await expect(upgrade(proxy.url, '/sync')).rejects.toThrow();
    expect(await get('/page')).toContain('GET /page');
    other.socket.write('still here');
    await other.hears('still here');
    proxy.restore();
    const back = await upgrade(proxy.url, '/sync');
    back.socket.write('again');
    await back.hears('again');
    other.socket.destroy();
    back.socket.destroy();
  });

  it('cuts a path that is asked for on a connection that carried a page before', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const ask = (path: string, headers: Record<string, string>) =>
      new Promise<string>((resolve, reject) => {
        const asked = request(`${proxy.url}${path}`, { agent, headers });
        asked.on('error', reject);
        asked.on('upgrade', () => resolve('upgraded'));
        asked.on('response', (answer) => {
          answer.resume();
          answer.on('end', () => resolve(String(answer.statusCode)));
        });
        asked.end();
      });
    expect(await ask('/page', {})).toBe('200');
    proxy.cut();
    await expect(ask('/sync', { connection: 'Upgrade', upgrade: 'echo' })).rejects.toThrow();
    agent.destroy();
  });

  it('pauses: connections stay and hear nothing, then hear everything', async () => {
    const client = await upgrade(proxy.url, '/sync');
    await client.hears('host');
    proxy.pause();
    client.socket.write('held back');
    const late = upgrade(proxy.url, '/sync');
    // Three round trips of another kind have passed: what was written would have come back by now.
    for (const path of ['/1', '/2', '/3']) await get(path);
    expect(client.heard()).not.toContain('held back');
    expect(client.socket.destroyed).toBe(false);
    proxy.resume();
    await client.hears('held back');
    const second = await late;
    await second.hears('host');
    client.socket.destroy();
    second.socket.destroy();
  });

  it('loses answers alone: the server hears what its client says, the client hears nothing', async () => {
    const client = await upgrade(proxy.url, '/sync');
    await client.hears('host');
    proxy.pause('down');
    client.socket.write('asked');
    // The server echoes to the console what it hears on a socket.
    await server.wrote('heard asked');
    expect(client.heard()).not.toContain('asked');
    proxy.resume();
    await client.hears('asked');
    client.socket.destroy();
  });

  it('shows a killed server as a dead connection, and follows it to another port', async () => {
    const client = await upgrade(proxy.url, '/sync');
    const gone = closed(client);
    await server.kill('SIGKILL');
    await gone;
    await expect(get('/page')).rejects.toThrow();
    await expect(upgrade(proxy.url, '/sync')).rejects.toThrow();
    server = await startServerProcess({ entry, dataDir: tmpdir() });
    proxy.setTarget(server.url);
    expect(await get('/page')).toContain(`pid ${server.pid}`);
  });

  it('makes the path slow, open connections too, and the rest not', async () => {
    const client = await upgrade(proxy.url, '/sync/below');
    await client.hears('host');
    proxy.slow({ latency: 60_000 });
    client.socket.write('late');
    for (const path of ['/1', '/2', '/3']) await get(path);
    expect(client.heard()).not.toContain('late');
    // Once to the server and once back: what is under way is handed on, and the answer then finds a quick line.
    proxy.slow(undefined);
    await client.hears('late');
    client.socket.destroy();
  });

  it('says what to do where its port is in use', async () => {
    const port = Number(new URL(proxy.url).port);
    await expect(createFaultProxy({ target: server.url, port })).rejects.toThrow(
      `Port ${port} of 127.0.0.1 is in use: end what listens there`,
    );
  });

  it('closes with connections open, and twice', async () => {
    const client = await upgrade(proxy.url, '/sync');
    const gone = closed(client);
    await Promise.all([proxy.close(), proxy.close()]);
    await gone;
    await expect(get('/page')).rejects.toThrow();
  });
});
