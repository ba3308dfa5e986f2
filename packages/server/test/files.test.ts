import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import { type MessageFile, readCommand } from '@weft/protocol';
import { type LogEntry, type LogRecord, StorageError, type Store } from '@weft/storage';
import { openMemoryStore } from '@weft/storage/memory';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { checkContents } from '../src/check/contents.ts';
import { Files } from '../src/files/files.ts';
import { DEFAULT_FILE_LIMITS, UNNAMED_KEPT_MS } from '../src/files/limits.ts';
import { Holds } from '../src/files/holds.ts';
import { FileReader, broughtEntry, namingEntries } from '../src/files/records.ts';
import { createWeftCore, silentLogger } from '../src/index.ts';
import { rawClient } from './support/raw-client.ts';
import { editorToken, gatedStore, signToken, startServer } from './support/server.ts';

/** A ULID of the test's own. */
const id = (n: number) => `01J${String(n).padStart(23, '0')}`;
const hashOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

const PNG = Uint8Array.from({ length: 70_000 }, (_, at) =>
  at < 8 ? (Buffer.from('89504e470d0a1a0a', 'hex')[at] ?? 0) : at % 251,
);
const HTML = new TextEncoder().encode('<!doctype html><script>alert(1)</script>');

function fileOf(bytes: Uint8Array, changes: Partial<MessageFile> = {}): MessageFile {
  return { hash: hashOf(bytes), name: 'a.png', type: 'image/png', bytes: bytes.length, ...changes };
}

async function room(options: Parameters<typeof startServer>[0] = {}) {
  const { http, sync, store, server, port } = await startServer(options);
  const bearer = (token: string | undefined) =>
    token === undefined ? {} : { authorization: `Bearer ${token}` };
  const put = async (
    bytes: Uint8Array,
    token: string | undefined,
    { type = 'image/png', hash = hashOf(bytes), conversation = 'general' } = {},
  ) => {
    const response = await fetch(`${http}/files/${hash}?conversation=${conversation}`, {
      method: 'PUT',
      headers: { ...bearer(token), 'content-type': type },
      body: bytes as Uint8Array<ArrayBuffer>,
    });
    return { status: response.status, body: (await response.json()) as unknown };
  };
  const get = (hash: string, token: string | undefined, headers: Record<string, string> = {}) =>
    fetch(`${http}/files/${hash}`, { headers: { ...bearer(token), ...headers } });
  const post = async (
    n: number,
    files: readonly MessageFile[],
    token: string,
    conversation = 'general',
  ) => {
    const response = await fetch(`${http}/api/conversations/${conversation}/messages`, {
      method: 'POST',
      headers: bearer(token),
      body: JSON.stringify({ id: id(n), body: { version: 1, text: '', files } }),
    });
    return { status: response.status, body: (await response.json()) as unknown };
  };
  return { http, sync, store, server, port, put, get, post };
}

describe('bringing and naming files', () => {
  it('[B1] a message is accepted once its file is there, and is what it says', async () => {
    const { put, post, store } = await room();
    const ann = await editorToken('ann');
    const refusal = async (file: MessageFile) => (await post(1, [file], ann)).body;
    expect(await post(1, [fileOf(PNG)], ann)).toMatchObject({
      status: 409,
      body: { code: 'file-missing' },
    });
    expect(await put(PNG, ann)).toEqual({
      status: 200,
      body: { hash: hashOf(PNG), bytes: PNG.length },
    });
    expect(await refusal(fileOf(PNG, { bytes: 5 }))).toMatchObject({ code: 'file-mismatch' });
    expect(await refusal(fileOf(PNG, { type: 'text/plain' }))).toMatchObject({
      code: 'file-mismatch',
    });
    expect(await refusal(fileOf(PNG, { name: 'a/../b' }))).toMatchObject({ code: 'file-invalid' });
    expect(await store.log.head('_/conversation/general')).toBe(0);
    expect(await post(1, [fileOf(PNG)], ann)).toMatchObject({ status: 200, body: { sequence: 1 } });
    expect(await post(1, [fileOf(PNG)], ann)).toMatchObject({ status: 200, body: { sequence: 1 } });
    expect(await store.log.head(`_/file/${hashOf(PNG)}`)).toBe(2);
  });

  it('[B1] bytes that are not what is said of them leave nothing behind', async () => {
    const { put, store } = await room({ files: { maxBytes: 70_000 } });
    const ann = await editorToken('ann');
    const large = new Uint8Array(70_001).fill(65);
    for (const [answer, code] of [
      [await put(HTML, ann), 'file-mismatch'],
      [await put(PNG, ann, { type: 'text/html' }), 'file-mismatch'],
      [await put(PNG, ann, { hash: hashOf(HTML) }), 'file-mismatch'],
      [await put(large, ann, { type: 'text/plain' }), 'file-too-large'],
      [await put(PNG, ann, { hash: 'x' }), 'name-invalid'],
      [await put(PNG, ann, { conversation: 'a%20b' }), 'name-invalid'],
    ] as const) {
      expect(answer.body).toMatchObject({ code });
    }
    expect(await whole(store)).toEqual([]);
    expect((await put(PNG, ann)).status).toBe(200);
    expect((await put(HTML, ann, { type: 'text/html' })).status).toBe(200);
  });

  it('[B1] a message of unknown bytes holds back what its device sent behind it', async () => {
    const memory = await openMemoryStore();
    let looked = () => {};
    const slow = new Promise<void>((resolve) => {
      looked = resolve;
    });
    const blobs = blobsOf(memory);
    const find: typeof blobs.find = (...name) => slow.then(() => blobs.find(...name));
    const { sync, put } = await room({ store: { ...memory, blobs: { ...blobs, find } } });
    const token = await editorToken('ann');
    const ann = await rawClient(sync);
    await ann.hello(token);
    const send = (n: number, files: readonly MessageFile[]) =>
      ann.say({
        type: 'command',
        id: id(n),
        device: 'd',
        counter: n,
        conversation: 'general',
        at: 0,
        action: { type: 'send', body: { version: 1, text: 'x', files: [...files] } },
      });
    send(1, [fileOf(PNG)]);
    send(2, []);
    // The disk still looks for the file of the first.
    expect(await ann.weft('ack', (ack) => ack.id === id(2))).toMatchObject({
      result: { code: 'out-of-turn' },
    });
    looked();
    expect(await ann.weft('ack', (ack) => ack.id === id(1))).toMatchObject({
      result: { code: 'file-missing' },
    });
    await put(PNG, token);
    send(1, [fileOf(PNG)]);
    const first = await ann.weft('ack', ({ result }) => result.outcome === 'stored');
    expect(first).toMatchObject({ id: id(1), result: { sequence: 1 } });
    send(2, []);
    const second = await ann.weft(
      'ack',
      (ack) => ack.id === id(2) && ack.result.outcome === 'stored',
    );
    expect(second).toMatchObject({ result: { sequence: 2 } });
  });

  it('[B1] nothing is answered as brought that the log did not take', async () => {
    const { store, fail } = await gatedStore();
    const { put, post } = await room({ store });
    const ann = await editorToken('ann');
    fail(new Error('the disk is gone'));
    expect((await put(PNG, ann)).status).toBe(500);
    fail(undefined);
    expect((await post(1, [fileOf(PNG)], ann)).body).toMatchObject({ code: 'file-missing' });
  });

  it('[B1] a disk that fails while a file is looked for refuses the message for now; its socket lives on', async () => {
    const memory = await openMemoryStore();
    const blobs = blobsOf(memory);
    let failing = false;
    const find: typeof blobs.find = async (...name) => {
      if (failing) throw new StorageError('failed', 'The disk is gone.');
      return blobs.find(...name);
    };
    const { sync, put, post } = await room({ store: { ...memory, blobs: { ...blobs, find } } });
    const token = await editorToken('ann');
    await put(PNG, token);
    failing = true;
    const ann = await rawClient(sync);
    await ann.hello(token);
    const send = (n: number, files: readonly MessageFile[]) =>
      ann.say({
        type: 'command',
        id: id(n),
        device: 'd',
        counter: n,
        conversation: 'general',
        at: 0,
        action: { type: 'send', body: { version: 1, text: 'x', files: [...files] } },
      });
    send(1, [fileOf(PNG)]);
    expect(await ann.weft('ack', (ack) => ack.id === id(1))).toMatchObject({
      result: { outcome: 'refused', code: 'storage-failed' },
    });
    expect(await post(3, [fileOf(PNG)], token)).toMatchObject({
      status: 503,
      body: { code: 'storage-failed' },
    });
    failing = false;
    send(1, [fileOf(PNG)]);
    await ann.weft('ack', ({ result }) => result.outcome === 'stored');
    send(2, []);
    await ann.weft('ack', (ack) => ack.id === id(2) && ack.result.outcome === 'stored');
  });

  it('[B1] what a message says is read once on its way to the log', async () => {
    const principal = { tenant: '_', sub: 'ann', name: 'Ann', expires: undefined };
    const core = await createWeftCore({
      store: await openMemoryStore(),
      verify: async () => ({ ...principal, grants: undefined }),
      now: () => 0,
      logger: silentLogger,
      build: 't',
      authorize: () => 'editor',
    });
    onTestFinished(() => core.close());
    let looks = 0;
    const action = {
      type: 'send',
      get body() {
        looks += 1;
        return { version: 1, text: 'x' };
      },
    };
    const common = { type: 'command', id: id(1), device: 'd', counter: 1 } as const;
    const frame = { ...common, conversation: 'general', at: 0, action };
    readCommand(frame);
    const once = looks;
    looks = 0;
    const person = { ...principal, grants: undefined };
    expect(await core.talk.command(person, frame)).toMatchObject({ outcome: 'stored' });
    expect(looks).toBe(once);
  });

  it('a person brings so much in a day and so many at once, and others are not slowed', async () => {
    let now = Date.UTC(2030, 0, 1, 12);
    const { put } = await room({ now: () => now, files: { perPersonDay: 100_000 } });
    const [ann, bea] = [await editorToken('ann'), await editorToken('bea')];
    expect((await put(PNG, ann)).status).toBe(200);
    expect(await put(PNG, ann)).toMatchObject({ status: 429, body: { code: 'file-quota' } });
    expect((await put(PNG, bea)).status).toBe(200);
    now += 86_400_000;
    expect((await put(PNG, ann)).status).toBe(200);
  });

  it('guests bring so much together, however many they are, and people who are none go on', async () => {
    let now = Date.UTC(2030, 0, 1, 12);
    const { put } = await room({ now: () => now, files: { guestsDay: 100_000 } });
    const guests = await Promise.all(['guest-1', 'guest-2'].map((sub) => editorToken(sub)));
    const [first = '', second = ''] = guests;
    expect((await put(PNG, first)).status).toBe(200);
    expect(await put(PNG, second)).toMatchObject({ status: 507, body: { code: 'files-full' } });
    expect((await put(PNG, await editorToken('ann'))).status).toBe(200);
    now += 86_400_000;
    expect((await put(PNG, second)).status).toBe(200);
  });

  it('all files together take so much of the disk and no more, over a restart and until some go', async () => {
    const store = { ...(await openMemoryStore()), close: async () => {} };
    const first = await room({ store, files: { total: 150_000 } });
    const ann = await editorToken('ann');
    const [one, two, three] = ['1', '2', '3'].map((text) =>
      new TextEncoder().encode(text.repeat(70_000)),
    );
    if (one === undefined || two === undefined || three === undefined) throw new Error('Three.');
    const type = 'text/plain';
    expect((await first.put(one, ann, { type })).status).toBe(200);
    expect((await first.put(two, ann, { type })).status).toBe(200);
    await first.server.close();
    const later = Date.now() + 2 * UNNAMED_KEPT_MS;
    const second = await room({ store, now: () => later, files: { total: 150_000 } });
    expect(await second.put(three, ann, { type })).toMatchObject({
      status: 507,
      body: { code: 'files-full' },
    });
    await second.server.close();
    expect(await filesOver(store, () => later).sweep()).toBe(2);
    const third = await room({ store, now: () => later, files: { total: 150_000 } });
    expect((await third.put(three, ann, { type })).status).toBe(200);
  });

  it.each([
    ['stops halfway', { piece: 100, whole: 60_000 }],
    ['takes for ever', { piece: 60_000, whole: 100 }],
  ])('whoever %s while they bring a file, or read one, is cut off', async (_, patience) => {
    const memory = await openMemoryStore();
    const blobs = blobsOf(memory);
    const [sent, ended] = [new Uint8Array(64 * 1024), Promise.withResolvers<void>()];
    let pieces = 0;
    const read: typeof blobs.read = async function* (tenant, hash, length) {
      if (length !== undefined) {
        yield* blobs.read(tenant, hash, length);
        return;
      }
      try {
        for (;;) {
          pieces += 1;
          yield sent;
        }
      } finally {
        ended.resolve();
      }
    };
    const find: typeof blobs.find = async (...name) => {
      const found = await blobs.find(...name);
      return found && { ...found, bytes: 1e12 };
    };
    const store = { ...memory, blobs: { ...blobs, find, read } };
    const { port, put, post } = await room({ store, files: { patience } });
    const ann = await editorToken('ann');
    const talk = async (head: string) => {
      const socket = connect(port, '127.0.0.1');
      onTestFinished(() => {
        socket.destroy();
      });
      socket.on('error', () => undefined);
      await new Promise<void>((resolve) => {
        socket.write(`${head} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${ann}\r\n`, () =>
          resolve(),
        );
      });
      return socket;
    };
    const bringer = await talk(`PUT /files/${hashOf(HTML)}?conversation=general`);
    const gone = new Promise((resolve) => bringer.once('close', resolve));
    bringer.resume();
    bringer.write('Content-Type: text/html\r\nContent-Length: 1000\r\n\r\nhalf');
    await gone;
    expect((await put(PNG, ann)).status).toBe(200);
    expect((await post(1, [fileOf(PNG, { bytes: 1e12 })], ann)).status).not.toBe(500);
    await memory.log.append(
      namingEntries(
        '_',
        { conversation: 'general', sequence: 9 },
        [{ hash: hashOf(PNG), names: true }],
        {
          principal: 'ann',
          at: 0,
        },
      ),
    );
    const reader = await talk(`GET /files/${hashOf(PNG)}`);
    reader.pause();
    reader.write('\r\n');
    await ended.promise;
    expect(pieces).toBeGreaterThan(0);
  });

  it('whoever may not bring a file is given no time for it, and is told why', async () => {
    const { port } = await room({ files: { patience: { piece: 600_000, whole: 600_000 } } });
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => {
      vi.useRealTimers();
    });
    const outsider = await signToken('cem', [{ resource: 'conversation/other', role: 'editor' }]);
    for (const [authorization, code] of [
      ['', 'token-required'],
      ['Authorization: Bearer x\r\n', 'token-invalid'],
      [`Authorization: Bearer ${outsider}\r\n`, 'forbidden'],
    ]) {
      const socket = connect(port, '127.0.0.1');
      onTestFinished(() => {
        socket.destroy();
      });
      socket.on('error', () => undefined);
      let said = '';
      const told = new Promise<void>((resolve) => {
        socket.on('data', (chunk) => {
          said += chunk.toString();
          if (said.includes('"}')) resolve();
        });
      });
      const closed = new Promise((resolve) => socket.once('close', resolve));
      socket.write(
        `PUT /files/${hashOf(PNG)}?conversation=general HTTP/1.1\r\nHost: x\r\n${authorization}Content-Length: 1000000000\r\n\r\nhalf`,
      );
      await told;
      expect(said).toContain(code);
      // The time of any request. Whoever goes on sending is no idle connection, which would be closed in any case.
      vi.advanceTimersByTime(4_000);
      const drip = () => {
        if (socket.destroyed) return;
        socket.write('x');
        setImmediate(drip);
      };
      drip();
      await closed;
    }
  });

  it('[B1] one that ends halfway, or whose sender is gone, is not there', async () => {
    const { port, store, post, put } = await room();
    const ann = await editorToken('ann');
    const hash = hashOf(PNG);
    const head = `PUT /files/${hash}?conversation=general HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${ann}\r\nContent-Type: image/png\r\nContent-Length: ${PNG.length}\r\n\r\n`;
    const socket = connect(port, '127.0.0.1');
    onTestFinished(() => {
      socket.destroy();
    });
    await new Promise<void>((resolve) => {
      socket.write(head);
      socket.write(PNG.subarray(0, 40_000), () => resolve());
    });
    socket.destroy();
    expect((await post(1, [fileOf(PNG)], ann)).body).toMatchObject({ code: 'file-missing' });
    expect(await whole(store)).toEqual([]);
    expect((await put(PNG, ann)).status).toBe(200);
  });

  it('a store without files takes none, and says so', async () => {
    const { blobs: _, ...store } = await openMemoryStore();
    const { put, post, get } = await room({ store });
    const ann = await editorToken('ann');
    expect(await put(PNG, ann)).toMatchObject({ status: 403, body: { code: 'files-off' } });
    expect((await post(1, [fileOf(PNG)], ann)).body).toMatchObject({ code: 'files-off' });
    expect((await get(hashOf(PNG), ann)).status).toBe(404);
  });
});

describe('reading files', () => {
  const roleIn = (sub: string, conversation: string, role: 'reader' | 'editor') =>
    signToken(sub, [{ resource: `conversation/${conversation}`, role }]);

  it('[B2] those who may read a message that names it, and nobody else, get the same bytes', async () => {
    const { put, post, get } = await room();
    const ann = await editorToken('ann');
    const reader = await roleIn('bea', 'general', 'reader');
    const outsider = await roleIn('cem', 'other', 'editor');
    const elsewhere = await signToken('ann', [{ resource: '*', role: 'owner' }], { tid: 'acme' });
    const hash = hashOf(PNG);
    await put(PNG, ann);
    // Nobody can read it through a message yet.
    expect((await get(hash, reader)).status).toBe(404);
    await post(1, [fileOf(PNG)], ann);
    const response = await get(hash, reader);
    expect(response.status).toBe(200);
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(PNG);
    for (const token of [outsider, elsewhere]) {
      const refused = await get(hash, token);
      expect(await refused.json()).toMatchObject({ code: 'not-found' });
      expect(await (await get(hashOf(HTML), token)).json()).toMatchObject({ code: 'not-found' });
    }
    expect((await get(hash, undefined)).status).toBe(401);
  });

  it('[B2] who knows a hash alone cannot name the file, nor read it by that', async () => {
    const { put, post, get } = await room();
    const ann = await editorToken('ann');
    const spy = await roleIn('cem', 'other', 'editor');
    await put(PNG, ann);
    await post(1, [fileOf(PNG)], ann);
    expect((await post(2, [fileOf(PNG)], spy, 'other')).body).toMatchObject({
      code: 'file-missing',
    });
    expect((await get(hashOf(PNG), spy)).status).toBe(404);
    // Who may read it may pass it on.
    expect((await post(3, [fileOf(PNG)], ann, 'other')).status).toBe(200);
    expect((await get(hashOf(PNG), spy)).status).toBe(200);
  });

  it('[D9] [B2] readers and outsiders bring nothing', async () => {
    const { put, store } = await room();
    const reader = await roleIn('bea', 'general', 'reader');
    const outsider = await roleIn('cem', 'other', 'editor');
    expect(await put(PNG, reader)).toMatchObject({ status: 403, body: { code: 'read-only' } });
    expect(await put(PNG, outsider)).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    expect((await put(PNG, undefined)).status).toBe(401);
    expect(await whole(store)).toEqual([]);
  });

  it('[B2] a deleted message, or one edited without it, gives it to nobody any more', async () => {
    const { sync, put, post, get } = await room();
    const token = await editorToken('ann');
    await put(PNG, token);
    const ann = await rawClient(sync);
    await ann.hello(token);
    const change = async (n: number, action: object) => {
      const common = { device: 'd', counter: n, conversation: 'general', at: 0 };
      ann.say({ type: 'command', id: id(n), ...common, action } as Parameters<typeof ann.say>[0]);
      return (await ann.weft('ack', (ack) => ack.id === id(n))).result.outcome;
    };
    const body = (files: readonly MessageFile[]) => ({ version: 1, text: 'x', files });
    await post(1, [fileOf(PNG)], token);
    await post(2, [fileOf(PNG)], token);
    expect(await change(3, { type: 'delete', sequence: 1 })).toBe('stored');
    expect((await get(hashOf(PNG), token)).status).toBe(200);
    expect(await change(4, { type: 'edit', sequence: 2, body: body([]) })).toBe('stored');
    expect((await get(hashOf(PNG), token)).status).toBe(404);
    // Who brought it may name it again.
    expect(await change(5, { type: 'edit', sequence: 2, body: body([fileOf(PNG)]) })).toBe(
      'stored',
    );
    expect((await get(hashOf(PNG), token)).status).toBe(200);
  });

  it('[B3] an image is shown, all else is only downloaded; no browser guesses, and nothing runs', async () => {
    const { put, post, get } = await room();
    const ann = await editorToken('ann');
    const svg = new TextEncoder().encode('<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>');
    const files = [
      fileOf(PNG),
      fileOf(HTML, { type: 'text/html', name: 'a.html' }),
      fileOf(svg, { type: 'image/svg+xml', name: 'a.svg' }),
    ];
    for (const [at, bytes] of [PNG, HTML, svg].entries()) {
      const { type = '' } = files[at] ?? {};
      expect((await put(bytes, ann, { type })).status).toBe(200);
    }
    expect((await post(1, files, ann)).status).toBe(200);
    const common = {
      'x-content-type-options': 'nosniff',
      'content-security-policy': expect.stringMatching(/^sandbox; default-src 'none'/),
      'cache-control': expect.stringMatching(/^private, .*immutable/),
      vary: 'authorization',
    };
    const headersOf = async (bytes: Uint8Array) =>
      Object.fromEntries((await get(hashOf(bytes), ann)).headers);
    expect(await headersOf(PNG)).toMatchObject({
      ...common,
      'content-type': 'image/png',
      'content-disposition': 'inline',
      'content-length': String(PNG.length),
    });
    for (const bytes of [HTML, svg]) {
      expect(await headersOf(bytes)).toMatchObject({
        ...common,
        'content-type': 'application/octet-stream',
        'content-disposition': 'attachment',
      });
    }
    const known = await get(hashOf(PNG), ann, { 'if-none-match': `"${hashOf(PNG)}"` });
    expect(known.status).toBe(304);
  });
});

describe('files that nobody names', () => {
  it('[B4] go after a day; those that a message names stay, and one that is brought again has its day anew', async () => {
    let now = Date.UTC(2030, 0, 1);
    const { put, post, get, store } = await room({ now: () => now });
    const ann = await editorToken('ann');
    const files = filesOver(store, () => now);
    const stray = new TextEncoder().encode('nobody names this');
    await put(PNG, ann);
    await post(1, [fileOf(PNG)], ann);
    await put(stray, ann, { type: 'text/plain' });
    now += UNNAMED_KEPT_MS - 1;
    expect(await files.sweep()).toBe(0);
    await put(stray, ann, { type: 'text/plain' });
    now += UNNAMED_KEPT_MS - 1;
    expect(await files.sweep()).toBe(0);
    now += 1;
    expect(await files.sweep()).toBe(1);
    expect(await whole(store)).toEqual([hashOf(PNG)]);
    expect((await get(hashOf(PNG), ann)).status).toBe(200);
    const named = fileOf(stray, { type: 'text/plain', name: 'a.txt' });
    expect((await post(2, [named], ann)).body).toMatchObject({ code: 'file-missing' });
  });

  it('[B4] one that messages ceased to name has its day from then, whenever it was brought', async () => {
    let now = Date.UTC(2030, 0, 1);
    const { sync, put, post, store } = await room({ now: () => now });
    const token = await editorToken('ann');
    const files = filesOver(store, () => now);
    await put(PNG, token);
    await post(1, [fileOf(PNG)], token);
    now += 3 * UNNAMED_KEPT_MS;
    const ann = await rawClient(sync);
    await ann.hello(token);
    const common = { device: 'd', counter: 2, conversation: 'general', at: 0 };
    const action = { type: 'delete', sequence: 1 } as const;
    ann.say({ type: 'command', id: id(2), ...common, action });
    expect((await ann.weft('ack')).result.outcome).toBe('stored');
    now += UNNAMED_KEPT_MS - 1;
    expect(await files.sweep()).toBe(0);
    now += 1;
    expect(await files.sweep()).toBe(1);
    expect(await whole(store)).toEqual([]);
  });

  it('[B4] one that was brought while others were looked through stays', async () => {
    const now = Date.UTC(2030, 0, 2);
    const { put, store } = await room({ now: () => now });
    await put(PNG, await editorToken('ann'));
    const blobs = blobsOf(store);
    const list = async function* () {
      for await (const blob of blobs.list()) yield { ...blob, at: 0 };
    };
    const stale = { ...store, blobs: { ...blobs, list } };
    expect(await filesOver(stale, () => now).sweep()).toBe(0);
    expect(await whole(store)).toEqual([hashOf(PNG)]);
  });

  it('[B4] nothing goes between the look at it and the commit that names it', async () => {
    const holds = new Holds();
    const order: string[] = [];
    let release = () => {};
    const removing = holds.remove('a', () => {
      order.push('removing');
      return new Promise<void>((resolve) => {
        release = () => {
          order.push('removed');
          resolve();
        };
      });
    });
    const naming = holds.during(['a', 'b'], async () => {
      order.push('naming');
      await holds.remove('a', async () => {
        order.push('never');
      });
      order.push('named');
    });
    release();
    await Promise.all([removing, naming]);
    expect(order).toEqual(['removing', 'removed', 'naming', 'named']);
    await holds.remove('a', async () => {
      order.push('later');
    });
    expect(order.at(-1)).toBe('later');
  });
});

describe('the records of a file', () => {
  const hash = hashOf(PNG);
  const common = { principal: 'ann', at: 5 };
  const record = (number: number, { stream, bytes, principal, at }: LogEntry): LogRecord => ({
    ...{ stream, number, principal, at, bytes },
    ...{ key: undefined, kind: 'file' },
  });
  const naming = (sequence: number, names: boolean) =>
    namingEntries('_', { conversation: 'general', sequence }, [{ hash, names }], common);
  const recordsOf = (entries: readonly LogEntry[]) =>
    entries.map((each, at) => record(at + 1, each));

  it('of a hundred thousand messages are read in the time that each takes, and nobody is held up meanwhile', async () => {
    const messages = Array.from({ length: 100_000 }, (_, at) => naming(at + 1, true)).flat();
    const all = recordsOf([broughtEntry('_', hash, 'ann', 1), ...messages]);
    let turns = 0;
    const readIn = new Map<number, number>();
    let going = true;
    const turn = () => {
      turns += 1;
      if (going) setImmediate(turn);
    };
    setImmediate(turn);
    const reader = new FileReader({
      read: async (_, after, limit) => {
        readIn.set(turns, (readIn.get(turns) ?? 0) + limit);
        return all.slice(after, after + limit);
      },
    });
    // To copy what is known for each record took five billion steps here, and the test never ended.
    const { named } = await reader.of('_', hash);
    going = false;
    expect(named.get('general')?.size).toBe(100_000);
    expect(Math.max(...readIn.values())).toBeLessThanOrEqual(1_000);
  });

  it('say the same to two who read them at once, though one reads longer', async () => {
    const all = recordsOf([
      broughtEntry('_', hash, 'ann', 1),
      ...naming(1, true),
      ...naming(1, false),
    ]);
    let release = () => {};
    const late = new Promise<void>((resolve) => {
      release = resolve;
    });
    let reads = 0;
    const reader = new FileReader({
      read: async (_, after, limit) => {
        reads += 1;
        // The second one has read when the message had not been deleted yet, and hears of it late.
        if (reads === 1) return all.slice(0, 1);
        if (reads > 2) return all.slice(after, after + limit);
        await late;
        return all.slice(after, 2);
      },
    });
    await reader.of('_', hash);
    const slow = reader.of('_', hash);
    expect([...(await reader.of('_', hash)).named]).toEqual([]);
    release();
    expect([...(await slow).named]).toEqual([]);
    expect((await slow).droppedAt).toBe(5);
  });
});

describe('looking through a database', () => {
  it('[B1] a file that a message names and that is missing or changed is told of', async () => {
    const { put, post, store } = await room();
    const ann = await editorToken('ann');
    const hash = hashOf(PNG);
    await put(PNG, ann);
    await post(1, [fileOf(PNG)], ann);
    const streams = ['_/conversation/general', '_/conversation/general/0', `_/file/${hash}`];
    const look = (blobs = store.blobs) => checkContents(store.log, streams, undefined, blobs);
    expect(await look()).toMatchObject({ files: { named: 1, problems: [] }, problems: [] });
    const changed = async function* () {
      yield HTML;
    };
    expect((await look({ ...blobsOf(store), read: changed })).files.problems).toEqual([
      `_/file/${hash}: its bytes have changed`,
    ]);
    await store.blobs?.remove('_', hash);
    expect((await look()).files.problems).toHaveLength(1);
    expect(
      (await checkContents(store.log, streams.slice(0, 2), undefined, store.blobs)).problems,
    ).toEqual([`_/file/${hash}: a message names it, and it has no record`]);
  });
});

function blobsOf(store: Store) {
  if (store.blobs === undefined) throw new Error('It keeps no files.');
  return store.blobs;
}

/** The hashes of all files that a store keeps. */
async function whole(store: Store): Promise<readonly string[]> {
  const hashes: string[] = [];
  for await (const { hash } of blobsOf(store).list()) hashes.push(hash);
  return hashes;
}

function filesOver(store: Store, now: () => number): Files {
  const rights = { roleOf: async () => undefined, byDatabase: () => true, forget: () => {} };
  return new Files({ store, rights, limits: DEFAULT_FILE_LIMITS, now, logger: silentLogger });
}
