import { readFileSync, statSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { SESSION_PROTOCOL, SyncType, encodeSessionFrame, encodeWrite } from '@weft/protocol';
import type { Store } from '@weft/storage';
import { openSqliteStore } from '@weft/storage/sqlite';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import WebSocket from 'ws';
import * as Y from 'yjs';
import { rawClient } from './support/raw-client.ts';
import { editorToken, signToken, startServer, temporaryDirectory } from './support/server.ts';

/** Samples of a scrape by name and labels, as Prometheus writes them: `name{label="value"}`. */
async function scrape(http: string): Promise<ReadonlyMap<string, number>> {
  const response = await fetch(`${http}/metrics`);
  expect(response.headers.get('content-type')).toContain('text/plain; version=0.0.4');
  const lines = (await response.text()).split('\n').filter((line) => /^[a-z]/.test(line));
  return new Map(
    lines.map((line) => {
      const at = line.lastIndexOf(' ');
      return [line.slice(0, at), Number(line.slice(at + 1))];
    }),
  );
}

/** The status of a request with headers that `fetch` does not let one choose. */
function statusOf(port: number, headers: Readonly<Record<string, string>>): Promise<number> {
  return new Promise((resolve, reject) => {
    httpRequest({ port, host: '127.0.0.1', path: '/metrics', headers }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    })
      .on('error', reject)
      .end();
  });
}

/** A WebSocket with a session on it. */
async function openSession(sync: string): Promise<void> {
  const ws = new WebSocket(sync, [SESSION_PROTOCOL]);
  onTestFinished(() => ws.terminate());
  await new Promise((resolve) => ws.once('open', resolve));
  const answer = new Promise((resolve) => ws.once('message', resolve));
  ws.send(encodeSessionFrame({ type: 'open' }));
  await answer;
}

function textUpdate(client: number, text: string): Uint8Array {
  const doc = new Y.Doc();
  doc.clientID = client;
  doc.getText('t').insert(0, text);
  return Y.encodeStateAsUpdate(doc);
}

const command = (counter: number) =>
  ({
    type: 'command',
    id: `01J0000000000000000000000${counter}`,
    device: 'device-1',
    counter,
    conversation: 'plan',
    at: Date.now() - 2_000,
    action: { type: 'send', body: { version: 1, text: counter === 1 ? 'Hello.' : '' } },
  }) as const;

/** A store that cannot read one document. */
async function storeWithDamage(file: string): Promise<Store> {
  const store = await openSqliteStore({ file });
  const { log } = store;
  const read: typeof log.read = (stream, after, limit) =>
    stream.includes('damaged')
      ? Promise.reject(new Error('a bad sector'))
      : log.read(stream, after, limit);
  return { ...store, log: { ...log, read } };
}

describe('what a scrape tells', () => {
  it('moves with what the server does, and with nothing else', async () => {
    const file = join(temporaryDirectory(), 'weft.db');
    const { http, sync, server } = await startServer({
      store: await storeWithDamage(file),
      metrics: {},
    });
    const before = await scrape(http);

    const ann = await rawClient(sync);
    await ann.hello(await editorToken('ann'));
    expect(await ann.open('document/plan')).toBe('read-write');
    await ann.open('document/damaged');
    await ann.until(() =>
      ann.received.find((each) => each.kind === 'auth' && each.result === 'storage-failed'),
    );
    ann.send(encodeWrite('document/plan', SyncType.Update, textUpdate(7, 'x'), 1));
    await ann.weft('stored');
    ann.send(encodeWrite('document/plan', SyncType.Update, new Uint8Array([1, 2, 3]), 2));
    await ann.weft('refused');
    for (const counter of [1, 2]) {
      ann.say(command(counter));
      await ann.weft('ack', ({ id }) => id === command(counter).id);
    }
    const reader = await rawClient(sync);
    await reader.hello(await signToken('rob', [{ resource: '*', role: 'reader' }]));
    await reader.open('document/plan');
    reader.send(encodeWrite('document/plan', SyncType.Update, textUpdate(8, 'y'), 1));
    await reader.weft('refused');
    await openSession(sync);
    const foreign = new WebSocket(sync, { headers: { origin: 'https://evil.example' } });
    await new Promise((resolve) => foreign.once('error', resolve));
    await fetch(`${http}/api/conversations/general/messages`);
    await fetch(`${http}/api/conversations/plan/messages`);
    await fetch(`${http}/made/up?token=x`);
    await server.revoke('_', { sub: 'somebody' });

    const after = await scrape(http);
    const moved = (name: string) => (after.get(name) ?? 0) - (before.get(name) ?? 0);
    const conversation = '/api/conversations/{conversation}/messages';
    expect({
      stored: moved('weft_writes_total{outcome="stored",code=""}'),
      invalid: moved('weft_writes_total{outcome="refused",code="update-invalid"}'),
      readOnly: moved('weft_writes_total{outcome="refused",code="read-only"}'),
      sent: moved('weft_commands_total{outcome="stored",code=""}'),
      empty: moved('weft_commands_total{outcome="refused",code="message-empty"}'),
      // One is the update, one is the message; the other write, the other command and the reader's append nothing.
      appended: moved('weft_log_appends_total{outcome="appended"}'),
      timed: moved('weft_log_append_seconds_count'),
      frames: moved('weft_frames_received_total{kind="write"}'),
      sockets: moved('weft_sockets_open{kind="plain"}'),
      sessions: moved('weft_sockets_open{kind="session"}'),
      opened: moved('weft_sessions_total{outcome="opened"}'),
      resumed: moved('weft_sessions_total{outcome="resumed"}'),
      foreign: moved('weft_sockets_refused_total{status="403"}'),
      documents: moved('weft_documents_loaded'),
      loads: moved('weft_document_loads_total{outcome="loaded"}'),
      loadsFailed: moved('weft_document_loads_total{outcome="failed"}'),
      revocations: moved('weft_revocations_total'),
      unsigned: moved(
        `weft_http_requests_total{method="GET",route="${conversation}",status="401"}`,
      ),
      other: moved('weft_http_requests_total{method="GET",route="other",status="404"}'),
      latencies: moved('weft_message_sent_to_stored_seconds_count'),
    }).toEqual({
      stored: 1,
      invalid: 1,
      readOnly: 1,
      sent: 1,
      empty: 1,
      appended: 2,
      timed: 2,
      frames: 3,
      sockets: 2,
      sessions: 1,
      opened: 1,
      resumed: 0,
      foreign: 1,
      documents: 1,
      loads: 1,
      loadsFailed: 1,
      revocations: 1,
      unsigned: 2,
      other: 1,
      latencies: 1,
    });
    // Appends, claims, records of resources and the revocation: each waited for a transaction of its own at most.
    const commits = [...after].filter(([name]) =>
      name.startsWith('weft_commits_total{outcome="committed"'),
    );
    const total = commits.reduce((sum, [, value]) => sum + value, 0);
    expect(total).toBe(after.get('weft_commit_operations_count'));
    expect(moved('weft_commit_operations_sum')).toBeGreaterThanOrEqual(3);
    const seconds = [...after].filter(([name]) => name.startsWith('weft_commit_seconds_count'));
    expect(seconds.reduce((sum, [, value]) => sum + value, 0)).toBe(total);
    for (const [name, suffix] of [
      ['database', ''],
      ['wal', '-wal'],
    ]) {
      expect(after.get(`weft_store_file_bytes{file="${name}"}`)).toBe(
        statSync(`${file}${suffix}`).size,
      );
    }
    expect(after.get('weft_message_sent_to_stored_seconds_sum')).toBeGreaterThanOrEqual(2);
    expect(after.get('weft_message_sent_to_stored_seconds_sum')).toBeLessThan(60);
  });

  it('says how late the event loop was', async () => {
    const { http } = await startServer({ metrics: {} });
    const slow = async () => {
      const samples = await scrape(http);
      const total = samples.get('weft_event_loop_delay_seconds_count') ?? 0;
      return total - (samples.get('weft_event_loop_delay_seconds_bucket{le="0.1"}') ?? 0);
    };
    expect(await slow()).toBe(0);
    const until = performance.now() + 400;
    while (performance.now() < until);
    await vi.waitFor(async () => expect(await slow()).toBeGreaterThan(0));
  });

  it('stays true when sockets go', async () => {
    const { http, sync } = await startServer({ metrics: {} });
    const open = async () => (await scrape(http)).get('weft_sockets_open{kind="plain"}');
    const ws = new WebSocket(sync);
    await new Promise((resolve) => ws.once('open', resolve));
    expect(await open()).toBe(1);
    ws.close();
    await vi.waitFor(async () => expect(await open()).toBe(0));
  });

  it('is all in the README, and nothing else is', async () => {
    const { http } = await startServer({
      metrics: {},
      store: await openSqliteStore({ file: join(temporaryDirectory(), 'weft.db') }),
    });
    const text = await (await fetch(`${http}/metrics`)).text();
    const told = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(
      ([, name, type]) => `${name} ${type}`,
    );
    const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
    const described = [...readme.matchAll(/^\| `((?:weft|process)_\w+)[^|]*\| (\w+)/gm)].map(
      ([, name, type]) => `${name} ${type}`,
    );
    expect(new Set(described)).toEqual(new Set(told));
  });
});

describe('who may scrape', () => {
  it('nobody, where metrics are off', async () => {
    const { http } = await startServer();
    expect((await fetch(`${http}/metrics`)).status).toBe(404);
  });

  it('without a token: this machine alone, and no proxy or borrowed name on it', async () => {
    const { http, port } = await startServer({ metrics: {} });
    expect((await fetch(`${http}/metrics`)).status).toBe(200);
    expect(await statusOf(port, { host: `localhost:${port}` })).toBe(200);
    for (const headers of [
      { 'x-forwarded-for': '203.0.113.7' },
      { forwarded: 'for=203.0.113.7' },
      { via: '1.1 proxy' },
      { host: 'app.example' },
      { host: `127.0.0.1.evil.example:${port}` },
    ]) {
      expect([headers, await statusOf(port, headers)]).toEqual([headers, 403]);
    }
  });

  it('with a token: whoever brings it, also through a proxy', async () => {
    const { port } = await startServer({ metrics: { token: 'a-secret-of-the-scraper' } });
    const bearer = (token: string) => ({ authorization: `Bearer ${token}`, host: 'app.example' });
    expect(await statusOf(port, {})).toBe(401);
    expect(await statusOf(port, { authorization: 'Bearer guess' })).toBe(401);
    expect(await statusOf(port, bearer(await editorToken('ann')))).toBe(401);
    expect(await statusOf(port, bearer('a-secret-of-the-scraper'))).toBe(200);
  });
});
