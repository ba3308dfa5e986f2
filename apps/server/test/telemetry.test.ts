import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';

// Each test starts processes: on a busy machine one takes seconds to begin.
vi.setConfig({ testTimeout: 60_000 });

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
const TRACE_PARENT = `00-${TRACE_ID}-b7ad6b7169203331-01`;

/** Runs the program; `stop` ends it and gives its exit code and what it wrote to stderr. */
async function start(env: Readonly<Record<string, string>>) {
  const directory = mkdtempSync(join(tmpdir(), 'weft-telemetry-'));
  const child = spawn(process.execPath, [join(import.meta.dirname, '../src/main.ts')], {
    env: { PATH: process.env['PATH'] ?? '', WEFT_DATA_DIR: directory, PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
    rmSync(directory, { recursive: true, force: true });
  });
  let stderr = '';
  child.stderr.on('data', (chunk) => {
    stderr += String(chunk);
  });
  const exited = new Promise<number | null>((resolve) => {
    child.on('close', resolve);
  });
  const http = await new Promise<string>((resolve) => {
    let stdout = '';
    child.stdout.on('data', (chunk) => {
      stdout += String(chunk);
      const url = /http:\/\/\S+/.exec(stdout)?.[0];
      if (url !== undefined) resolve(url);
    });
  });
  const stop = async () => {
    child.kill('SIGTERM');
    return { code: await exited, stderr };
  };
  return { http, stop };
}

/** What a collector of spans is sent. */
async function collector(status: number) {
  const bodies: string[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += String(chunk);
    });
    request.on('end', () => {
      bodies.push(body);
      response.writeHead(status, { 'content-type': 'application/json' }).end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return { bodies, url: `http://127.0.0.1:${port}/v1/traces` };
}

describe('the program', () => {
  it('sends its spans, says their trace in each line of the log, and says no sign-in', async () => {
    const { bodies, url } = await collector(200);
    const { http, stop } = await start({ WEFT_OTLP_URL: url, WEFT_LOG_LEVEL: 'info' });
    const guest = await fetch(`${http}/auth/guest`, {
      method: 'POST',
      body: '{"name":"Ann"}',
      headers: { traceparent: TRACE_PARENT },
    });
    const { token, secret } = await guest.json();
    const asked = await fetch(`${http}/api/conversations/general/messages?token=${token}`, {
      headers: { authorization: `Bearer ${token}`, traceparent: TRACE_PARENT },
    });
    expect(asked.status).toBe(200);
    const { code, stderr } = await stop();
    expect(code).toBe(0);
    const lines = stderr.trim().split('\n');
    const told = lines.map((line): unknown => JSON.parse(line));
    expect(told).toEqual(
      ['/auth/guest', '/api/conversations/{conversation}/messages'].map((route) =>
        expect.objectContaining({
          level: 'info',
          time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
          message: 'A request was answered.',
          route,
          trace_id: TRACE_ID,
          span_id: expect.stringMatching(/^[0-9a-f]{16}$/),
        }),
      ),
    );
    const sent = bodies.join('\n');
    expect(sent).toContain(`"traceId":"${TRACE_ID}"`);
    expect(sent).toContain('"name":"POST /auth/guest"');
    for (const word of [token, secret]) {
      expect(stderr).not.toContain(word);
      expect(sent).not.toContain(word);
    }
  });

  it('stops as ever when nobody takes its spans, and says so', async () => {
    const { url } = await collector(400);
    const { http, stop } = await start({ WEFT_OTLP_URL: url });
    await fetch(`${http}/healthz`);
    const { code, stderr } = await stop();
    expect(code).toBe(0);
    expect(stderr).toContain('Spans could not be sent.');
  });

  it('gives its numbers to this machine, where it is told to', async () => {
    const { http, stop } = await start({ WEFT_METRICS: 'on' });
    const text = await (await fetch(`${http}/metrics`)).text();
    expect(text).toMatch(/^weft_sockets_open\{kind="session"\} 0$/m);
    expect(text).toMatch(/^weft_store_file_bytes\{file="database"\} [1-9]/m);
    expect(await stop()).toEqual({ code: 0, stderr: '' });
  });
});
