import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it, onTestFinished, vi } from 'vitest';

// Each test starts processes: on a busy machine one takes seconds to begin.
vi.setConfig({ testTimeout: 60_000 });

const entry = join(import.meta.dirname, '../src/main.ts');

function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'weft-main-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** Runs the program until it exits, or until it says where it is; then `stop` ends it. */
function start(env: Record<string, string>, args: readonly string[] = []) {
  const child = spawn(process.execPath, [entry, ...args], {
    env: { PATH: process.env['PATH'] ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  let stdout = '';
  let stderr = '';
  const listening = new Promise<string>((resolve) => {
    child.stdout.on('data', (chunk) => {
      stdout += String(chunk);
      const url = /http:\/\/\S+/.exec(stdout)?.[0];
      if (url !== undefined) resolve(url);
    });
  });
  child.stderr.on('data', (chunk) => {
    stderr += String(chunk);
  });
  const exited = new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) => {
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
  return { listening, exited, stop: (signal: NodeJS.Signals) => child.kill(signal) };
}

const hashOf = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex');

/** One line, no stack trace. */
function expectOneLine(stderr: string, words: RegExp) {
  expect(stderr.trim().split('\n')).toHaveLength(1);
  expect(stderr).toMatch(words);
  expect(stderr).not.toMatch(/^\s+at /m);
}

describe('starting with what cannot work', () => {
  it.each([
    [{ PORT: 'eighty' }, [], /PORT must be a number/],
    [{ PORT: '70000' }, [], /PORT must be a number/],
    [{ WEFT_DRAIN_SECONDS: 'soon' }, [], /WEFT_DRAIN_SECONDS must be a number/],
    [{ WEFT_SEATS: 'many' }, [], /WEFT_SEATS must be a number/],
    [{ WEFT_PROXIES: '10.0.0.1, proxy' }, [], /WEFT_PROXIES must hold addresses .* not "proxy"/],
    [{ WEFT_GUESTS: 'maybe' }, [], /WEFT_GUESTS must be "on" or "off"/],
    [{ WEFT_AUTH_JWKS: 'http://example.org/keys' }, [], /WEFT_AUTH_JWKS: .* must be an https/],
    [{ WEFT_AUTH_JWKS: '/no/such/file' }, [], /WEFT_AUTH_JWKS: .* cannot be read: ENOENT/],
    [{ WEFT_AUTH_AUDIENCE: 'weft' }, [], /need WEFT_AUTH_JWKS/],
    [{ WEFT_AUTHORIZE_URL: 'https://a.example/may' }, [], /needs WEFT_AUTHORIZE_SECRET/],
    [{ WEFT_METRICS: 'yes' }, [], /WEFT_METRICS must be "on" or "off"/],
    [{ WEFT_METRICS_TOKEN: 'short' }, [], /WEFT_METRICS_TOKEN needs at least 16 bytes/],
    [{ WEFT_LOG_LEVEL: 'loud' }, [], /WEFT_LOG_LEVEL must be one of/],
    [{ WEFT_OTLP_URL: 'collector:4318' }, [], /WEFT_OTLP_URL must be an http/],
    [{ WEFT_OTLP_RATIO: '2' }, [], /WEFT_OTLP_RATIO must be a number/],
    [{ WEFT_AUTH_SECRET: 'short' }, [], /WEFT_AUTH_SECRET needs at least 32 bytes/],
    [{}, ['--prot', '1'], /Unknown option "--prot"/],
  ])('%j %j: one line and exit code 2', async (env, args, words) => {
    const { code, stderr } = await start(
      { WEFT_DATA_DIR: temporaryDirectory(), PORT: '0', ...env },
      args,
    ).exited;
    expect(code).toBe(2);
    expectOneLine(stderr, words);
  });

  it('names a port in use', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      taken.close();
    });
    const address = taken.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const { code, stderr } = await start({
      WEFT_DATA_DIR: temporaryDirectory(),
      PORT: String(port),
    }).exited;
    expect(code).toBe(1);
    expectOneLine(stderr, /is in use/);
  });

  it('refuses a data directory that is a file or cannot be made', async () => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, 'file'), 'mine');
    for (const place of [
      join(directory, 'file'),
      join(directory, 'file', 'below'),
      '/proc/nothing',
    ]) {
      const { code, stderr } = await start({ WEFT_DATA_DIR: place, PORT: '0' }).exited;
      expect(code).toBe(2);
      expectOneLine(stderr, /cannot be used/);
    }
    expect(readFileSync(join(directory, 'file'), 'utf8')).toBe('mine');
  });

  it('refuses a file that is no database, and leaves it as it is', async () => {
    const directory = temporaryDirectory();
    const file = join(directory, 'weft.db');
    writeFileSync(file, 'Not a database, but somebody may need it. '.repeat(200));
    const before = hashOf(file);
    const { code, stderr } = await start({ WEFT_DATA_DIR: directory, PORT: '0' }).exited;
    expect(code).toBe(1);
    expectOneLine(stderr, /is not a Weft database/);
    expect(hashOf(file)).toBe(before);
  });

  it.each([
    ['newer', 'PRAGMA user_version = 99', /written by a newer Weft/],
    ['damaged', 'flip', /is damaged/],
  ])('refuses a %s database, and leaves it as it is', async (_name, change, words) => {
    const directory = temporaryDirectory();
    const env = { WEFT_DATA_DIR: directory, PORT: '0' };
    const first = start(env);
    await first.listening;
    first.stop('SIGTERM');
    await first.exited;
    const file = join(directory, 'weft.db');
    if (change === 'flip') {
      const bytes = readFileSync(file);
      // The page of the table of streams, in its header.
      for (let page = 2; page < 6; page += 1) bytes.fill(0xff, page * 4096, page * 4096 + 8);
      writeFileSync(file, bytes);
    } else {
      const db = new DatabaseSync(file);
      db.exec(`${change}; PRAGMA journal_mode = DELETE`);
      db.close();
    }
    const before = hashOf(file);
    const { code, stderr } = await start(env).exited;
    expect(code).toBe(1);
    expectOneLine(stderr, words);
    expect(hashOf(file)).toBe(before);
  });

  it('refuses a second server on the same data', async () => {
    const env = { WEFT_DATA_DIR: temporaryDirectory(), PORT: '0' };
    const first = start(env);
    await first.listening;
    const { code, stderr } = await start(env).exited;
    expect(code).toBe(1);
    expectOneLine(stderr, /in use by another process/);
    first.stop('SIGTERM');
    expect((await first.exited).code).toBe(0);
  });
});

describe('starting and stopping', () => {
  it('says where it is, keeps its secret to its owner, and exits with 0 at SIGTERM', async () => {
    const directory = temporaryDirectory();
    const server = start({ WEFT_DATA_DIR: directory, PORT: '0' });
    const url = await server.listening;
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    expect(statSync(join(directory, 'auth-secret')).mode & 0o777).toBe(0o600);
    server.stop('SIGTERM');
    expect(await server.exited).toMatchObject({ code: 0, stderr: '' });
  });

  it('[D2] a guest who signed in before SIGKILL is the same person after it', async () => {
    const directory = temporaryDirectory();
    const env = { WEFT_DATA_DIR: directory, PORT: '0' };
    const post = async (url: string, body: object) =>
      (await fetch(`${url}/auth/guest`, { method: 'POST', body: JSON.stringify(body) })).json();
    const first = start(env);
    const ann = await post(await first.listening, { name: 'Ann' });
    first.stop('SIGKILL');
    await first.exited;
    const second = start(env);
    expect(await post(await second.listening, { name: 'Ann', secret: ann.secret })).toMatchObject({
      sub: ann.sub,
    });
  });
});
