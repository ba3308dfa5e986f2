import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type ConversationEvent, EMPTY_CONVERSATION, decide, textOfEvent } from '@weft/protocol';
import { SEED } from '@weft/server';
import { openSqliteReader, openSqliteStore } from '@weft/storage/sqlite';
import { startServerProcess } from '@weft/testkit';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import * as Y from 'yjs';
import { runCommand } from '../src/commands/run.ts';
import { UsageError } from '../src/config.ts';

// Each test starts processes: on a busy machine one takes seconds to begin.
vi.setConfig({ testTimeout: 60_000 });

const entry = join(import.meta.dirname, '../src/main.ts');
const NOW = Date.UTC(2030, 0, 1);

function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'weft-command-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** Runs a command over a data directory. Resolves with its exit code and what it said. */
async function weft(dataDir: string, ...args: readonly string[]) {
  const said: string[] = [];
  const code = await runCommand(args, {
    env: { WEFT_DATA_DIR: dataDir },
    now: () => NOW,
    say: (text) => said.push(text),
  });
  return { code, said: said.join('\n') };
}

async function startServer(dataDir: string) {
  const server = await startServerProcess({ entry, dataDir });
  onTestFinished(async () => {
    await server.kill('SIGKILL');
  });
  return server;
}

/** Signs a guest in, which the server stores before it answers. Resolves with their secret. */
async function guest(url: string, name: string, secret?: string) {
  const response = await fetch(`${url}/auth/guest`, {
    method: 'POST',
    body: JSON.stringify({ name, ...(secret === undefined ? {} : { secret }) }),
  });
  return { status: response.status, body: (await response.json()) as { secret: string } };
}

/** A database that a server has seeded, closed. */
async function seeded(dataDir: string): Promise<string> {
  const server = await startServer(dataDir);
  await server.kill();
  return join(dataDir, 'weft.db');
}

/** Records under every kind of stream that is checked, some of them wrong. */
async function appendTo(file: string, stream: string, ...texts: readonly (string | Uint8Array)[]) {
  const store = await openSqliteStore({ file });
  for (const text of texts) {
    const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text;
    await store.log.append([{ stream, principal: 'p', kind: 'update', at: 0, bytes }]);
  }
  await store.close();
}

describe('weft backup', () => {
  it('[D2] of a running server that is written to holds everything that was stored before it', async () => {
    const dataDir = temporaryDirectory();
    const server = await startServer(dataDir);
    const secrets: string[] = [];
    let going = true;
    const signIns = async () => {
      while (going) {
        const { body } = await guest(server.url, `Guest ${secrets.length}`);
        secrets.push(body.secret);
      }
    };
    const writing = [signIns(), signIns()];
    const backups: { file: string; before: readonly string[] }[] = [];
    for (let round = 0; round < 3; round += 1) {
      const file = join(dataDir, `backup-${round}.db`);
      const before = [...secrets];
      expect((await weft(dataDir, 'backup', file)).code).toBe(0);
      backups.push({ file, before });
    }
    going = false;
    await Promise.all(writing);
    expect((await weft(dataDir, 'check')).code).toBe(0);
    for (const { file, before } of backups) {
      expect((await weft(dataDir, 'check', file)).code).toBe(0);
      const elsewhere = temporaryDirectory();
      // The tokens' secret is not in the database; guests' own are kept as hashes, which is all this asks for.
      await weft(elsewhere, 'restore', file);
      const other = await startServer(elsewhere);
      for (const secret of before) {
        expect((await guest(other.url, 'Back', secret)).status).toBe(200);
      }
      await other.kill('SIGKILL');
    }
  }, 60_000);

  it('refuses to overwrite, in one line', async () => {
    const dataDir = temporaryDirectory();
    await seeded(dataDir);
    const file = join(dataDir, 'kept');
    writeFileSync(file, 'mine');
    await expect(weft(dataDir, 'backup', file)).rejects.toMatchObject({ code: 'unwritable' });
    expect(readFileSync(file, 'utf8')).toBe('mine');
  });
});

describe('weft check', () => {
  it('says what is there, for people and as JSON', async () => {
    const dataDir = temporaryDirectory();
    const server = await startServer(dataDir);
    const { code, said } = await weft(dataDir, 'check');
    expect(code).toBe(0);
    expect(said).toMatch(/epoch 1/);
    expect(said).toMatch(/Nothing is wrong\.$/);
    const json = JSON.parse((await weft(dataDir, 'check', '--json')).said) as unknown;
    expect(json).toMatchObject({
      identity: { epoch: 1 },
      figures: { streams: 2, records: 2, adopted: 0 },
      contents: { kinds: { document: 1, workspace: 1 } },
      problems: [],
    });
    await server.kill();
  });

  it('[D3] [D4] finds documents that do not load whole', async () => {
    const dataDir = temporaryDirectory();
    const file = await seeded(dataDir);
    const doc = new Y.Doc();
    const updates: Uint8Array[] = [];
    doc.on('update', (update: Uint8Array) => updates.push(update));
    for (const word of ['one ', 'two ', 'three ']) doc.getText('t').insert(0, word);
    const [first = new Uint8Array(), , third = new Uint8Array()] = updates;
    await appendTo(file, '_/document/gap', first, third);
    await appendTo(file, '_/document/cut', first.subarray(0, first.length - 3));
    const { code, said } = await weft(dataDir, 'check');
    expect(code).toBe(1);
    expect(said).toContain('_/document/gap: something is missing between its updates');
    expect(said).toMatch(/_\/document\/cut: record 1 cannot be read/);
    expect(said).toMatch(/2 things are wrong:/);
  });

  it('[C1] [C2] [F1] finds conversations whose events, sequences and segments do not agree', async () => {
    const dataDir = temporaryDirectory();
    const file = await seeded(dataDir);
    const { events, segments } = conversation(3);
    await writeConversation(file, 'sound', events, segments);
    await writeConversation(file, 'lost', events, segments.slice(0, 2));
    await writeConversation(file, 'swapped', [events[0], events[2], events[1]], segments);
    await writeConversation(file, 'more', events.slice(0, 2), segments);
    await writeConversation(file, 'silent', events, segments, false);
    await appendTo(file, '_/conversation/torn', '{"type":"mess');
    const { code, said } = await weft(dataDir, 'check');
    expect(code).toBe(1);
    expect(said).not.toContain('sound');
    expect(said).toContain('_/conversation/lost/0: message 3 is missing');
    expect(said).toContain('_/conversation/swapped: event 2 calls itself event 3');
    expect(said).toContain('_/conversation/more/0: message 3 has no event');
    expect(said).toContain(
      '_/conversation/silent: a search does not find message 1 and 2 others as the events say',
    );
    expect(said).toMatch(/_\/conversation\/torn: event 1 cannot be read/);
  });

  it.each([
    ['the shape of a page', 0],
    ['what is written on a page', 8],
  ])('[D4] finds what was changed in %s, and changes nothing', async (_name, at) => {
    const dataDir = temporaryDirectory();
    const file = await seeded(dataDir);
    await appendTo(file, '_/document/long', ...longUpdates());
    const bytes = readFileSync(file);
    // Pages of the long document's records are the last ones.
    for (let page = 20; page < 30; page += 1)
      bytes.fill(0xff, page * 4096 + at, page * 4096 + at + 200);
    writeFileSync(file, bytes);
    const outcome = await weft(dataDir, 'check').catch((error: unknown) => ({
      code: 1,
      said: String(error),
    }));
    expect(outcome.code).toBe(1);
    expect(outcome.said).toMatch(/things are wrong|is damaged/);
    expect(readFileSync(file).equals(bytes)).toBe(true);
  });

  it('of nothing, or of something else, is an error in one line', async () => {
    const dataDir = temporaryDirectory();
    await expect(weft(dataDir, 'check')).rejects.toMatchObject({ code: 'not-a-database' });
    expect(existsSync(join(dataDir, 'weft.db'))).toBe(false);
    const other = join(dataDir, 'other.db');
    new DatabaseSync(other).exec('CREATE TABLE t (x)');
    await expect(weft(dataDir, 'check', other)).rejects.toMatchObject({ code: 'not-a-database' });
  });
});

describe('weft restore', () => {
  it('raises the epoch, keeps the old database, and opens a window where asked', async () => {
    const dataDir = temporaryDirectory();
    await seeded(dataDir);
    const backup = join(dataDir, 'backup.db');
    await weft(dataDir, 'backup', backup);
    const { code, said } = await weft(dataDir, 'restore', backup, '--recovery-window', '30m');
    expect(code).toBe(0);
    expect(said).toMatch(/epoch is 2/);
    expect(said).toContain(new Date(NOW + 30 * 60_000).toISOString());
    expect(existsSync(join(dataDir, 'weft.db.before-epoch-2'))).toBe(true);
    expect((await weft(dataDir, 'check')).said).toMatch(/clients may bring back/);
    // The server starts on it.
    const server = await startServer(dataDir);
    expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
  });

  it('is refused while a server runs, and of what is not sound; nothing changes', async () => {
    const dataDir = temporaryDirectory();
    const server = await startServer(dataDir);
    const backup = join(dataDir, 'backup.db');
    await weft(dataDir, 'backup', backup);
    await expect(weft(dataDir, 'restore', backup)).rejects.toMatchObject({ code: 'in-use' });
    await server.kill();
    const store = await openSqliteStore({ file: backup });
    const bytes = Uint8Array.of(9, 9, 9);
    const stream = `_/document/${SEED.document}`;
    await store.log.append([{ stream, principal: 'p', kind: 'update', at: 0, bytes }]);
    await store.close();
    await expect(weft(dataDir, 'restore', backup)).rejects.toMatchObject({ code: 'damaged' });
    const reader = openSqliteReader({ file: join(dataDir, 'weft.db') });
    expect(reader.identity.epoch).toBe(1);
    reader.close();
  });
});

describe('files of messages', () => {
  const ID = '01J00000000000000000000001';
  const text = 'What is in it.';
  const hash = createHash('sha256').update(text).digest('hex');

  /** Asks a server about the file, or brings it, as somebody who signs in anew. */
  async function ask(url: string, path: string, init: { method?: string; body?: string } = {}) {
    const signedIn = await fetch(`${url}/auth/guest`, {
      method: 'POST',
      body: JSON.stringify({ name: 'Ann' }),
    });
    const { token } = (await signedIn.json()) as { token: string };
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'text/plain' };
    return fetch(url + path, { ...init, headers });
  }

  it('[B1] [D2] a back-up holds them, check misses what is gone, and a restore brings them back', async () => {
    const dataDir = temporaryDirectory();
    const server = await startServer(dataDir);
    const { url } = server;
    const signedIn = await fetch(`${url}/auth/guest`, {
      method: 'POST',
      body: JSON.stringify({ name: 'Ann' }),
    });
    const { token } = (await signedIn.json()) as { token: string };
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'text/plain' };
    const put = (what: string) =>
      fetch(
        `${url}/files/${createHash('sha256').update(what).digest('hex')}?conversation=general`,
        {
          method: 'PUT',
          headers,
          body: what,
        },
      );
    expect((await put(text)).status).toBe(200);
    expect((await put('Nobody names this.')).status).toBe(200);
    const files = [{ hash, name: 'a.txt', type: 'text/plain', bytes: text.length }];
    const posted = await fetch(`${url}/api/conversations/general/messages`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ id: ID, body: { version: 1, text: '', files } }),
    });
    expect(posted.status).toBe(200);
    const backup = join(dataDir, 'backup.db');
    expect((await weft(dataDir, 'backup', backup)).code).toBe(0);
    await server.kill();
    expect((await weft(dataDir, 'check')).said).toMatch(/1 named by messages/);

    rmSync(join(dataDir, 'weft.db.files'), { recursive: true });
    expect(await weft(dataDir, 'check')).toMatchObject({
      code: 1,
      said: expect.stringContaining(`file/${hash}: There is no file`),
    });
    expect((await weft(dataDir, 'check', backup)).code).toBe(0);
    expect((await weft(dataDir, 'restore', backup)).code).toBe(0);
    expect((await weft(dataDir, 'check')).code).toBe(0);
    const again = await startServer(dataDir);
    expect(await (await ask(again.url, `/files/${hash}`)).text()).toBe(text);
    await again.kill();

    // One that lacks them is restored only where that is wished.
    writeFileSync(join(`${backup}.files`, '_', hash.slice(0, 2), hash), 'something else');
    const elsewhere = temporaryDirectory();
    await expect(weft(elsewhere, 'restore', backup)).rejects.toMatchObject({ code: 'damaged' });
    expect(existsSync(join(elsewhere, 'weft.db'))).toBe(false);
    expect((await weft(elsewhere, 'restore', backup, '--without-files')).code).toBe(0);
    const lacking = await startServer(elsewhere);
    expect((await ask(lacking.url, `/files/${hash}`)).status).toBe(404);
    expect((await ask(lacking.url, '/api/conversations/general/messages')).status).toBe(200);
  });
});

describe('calling weft', () => {
  it.each([
    [['frobnicate']],
    [['backup']],
    [['backup', 'a', 'b']],
    [['check', '--jason']],
    [['restore']],
    [['restore', 'x', '--recovery-window']],
    [['restore', 'x', '--recovery-window', 'soon']],
  ])('%j is a mistake that it names', async (args) => {
    const dataDir = temporaryDirectory();
    mkdirSync(join(dataDir, 'empty'));
    await expect(weft(dataDir, ...args)).rejects.toBeInstanceOf(UsageError);
  });

  it('says what there is', async () => {
    expect(await weft('.', '--help')).toMatchObject({ code: 0 });
    expect(await weft('.')).toMatchObject({ code: 2 });
  });
});

function longUpdates(): readonly Uint8Array[] {
  const doc = new Y.Doc();
  const updates: Uint8Array[] = [];
  doc.on('update', (update: Uint8Array) => updates.push(update));
  for (let i = 0; i < 20; i += 1) doc.getText('t').insert(0, 'x'.repeat(3_000));
  return updates;
}

/** Events and segment updates of a conversation with so many messages. */
function conversation(count: number) {
  const events: ConversationEvent[] = [];
  const segments: Uint8Array[] = [];
  let state = EMPTY_CONVERSATION;
  for (let n = 1; n <= count; n += 1) {
    const command = {
      type: 'command' as const,
      id: `01J${String(n).padStart(23, '0')}`,
      device: 'd',
      counter: n,
      conversation: 'c',
      at: n,
      action: { type: 'send' as const, body: { version: 1 as const, text: `message ${n}` } },
    };
    const decision = decide(state, command, { sub: 'ann', name: 'Ann' }, 1, n);
    if (decision.outcome !== 'append' || decision.segmentUpdate === undefined)
      throw new Error('A message was refused.');
    events.push(decision.event);
    segments.push(decision.segmentUpdate);
    state = decision.next;
  }
  return { events, segments };
}

async function writeConversation(
  file: string,
  id: string,
  events: readonly (ConversationEvent | undefined)[],
  segments: readonly Uint8Array[],
  searched = true,
) {
  const store = await openSqliteStore({ file });
  const common = { principal: 'ann', at: 0 };
  for (const event of events) {
    if (event === undefined) continue;
    const bytes = new TextEncoder().encode(JSON.stringify(event));
    const key = `ann/${event.command.id}`;
    const stream = `_/conversation/${id}`;
    const text = searched ? textOfEvent(event) : undefined;
    const indexed = text === undefined ? {} : { text: { scope: '_', ...text } };
    await store.log.append([{ ...common, stream, key, kind: 'event', bytes, ...indexed }]);
  }
  for (const bytes of segments) {
    const stream = `_/conversation/${id}/0`;
    await store.log.append([{ ...common, stream, kind: 'update', bytes }]);
  }
  await store.close();
}

describe('weft check-history', () => {
  const write = (...lines: readonly object[]) => {
    const directory = temporaryDirectory();
    const file = join(directory, 'history.jsonl');
    writeFileSync(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    return { directory, file };
  };
  const head = { type: 'history', version: 1 };
  const acked = { type: 'acked', at: 1, peer: 'ann', conversation: 'loom', id: 'a', sequence: 1 };

  it('[C2] finds what is wrong with a recorded history, by line, and ends with 1', async () => {
    const { directory, file } = write(head, acked, { ...acked, peer: 'bea', id: 'b' });
    const { code, said } = await weft(directory, 'check-history', file);
    expect(code).toBe(1);
    expect(said).toContain('line 3: [C2] loom: 1 is a and b');
  });

  it('says what it could ask of a sound one, and ends with 0', async () => {
    const { directory, file } = write(head, acked, { type: 'end', at: 2 });
    const { code, said } = await weft(directory, 'check-history', file);
    expect(code).toBe(0);
    expect(said).toContain('3 events; judged: C1 1×, C7 1×.');
    expect(said).toContain('No law is broken.');
  });

  it('refuses what is no history, in a sentence', async () => {
    const { directory, file } = write({ ...head, version: 9 });
    await expect(weft(directory, 'check-history', file)).rejects.toThrow(
      'This history has version 9',
    );
    await expect(weft(directory, 'check-history', `${file}.none`)).rejects.toThrow('ENOENT');
    await expect(weft(directory, 'check-history')).rejects.toThrow(UsageError);
  });
});
