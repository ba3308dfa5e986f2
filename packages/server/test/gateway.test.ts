import { connect } from 'node:net';
import {
  ERRORS,
  PROTOCOL_VERSION,
  SyncType,
  contentHash,
  encodeAuth,
  encodeAwareness,
  encodeSyncStep1,
  encodeWrite,
} from '@weft/protocol';
import { openMemoryStore } from '@weft/storage/memory';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { Awareness, encodeAwarenessUpdate } from 'y-protocols/awareness';
import * as Y from 'yjs';
import { rawClient } from './support/raw-client.ts';
import { SECRET, editorToken, gatedStore, signToken, startServer } from './support/server.ts';

/** An update that inserts a text into an empty document, by a client id of its own. */
function insertion(client: number, text: string): Uint8Array {
  const doc = new Y.Doc();
  doc.clientID = client;
  doc.getText('t').insert(0, text);
  return Y.encodeStateAsUpdate(doc);
}

/** What the server holds of a document: asked by a fresh socket. */
async function held(sync: string, address: string): Promise<Y.Doc> {
  const client = await rawClient(sync);
  await client.hello(await editorToken('checker'));
  await client.open(address);
  const doc = new Y.Doc();
  client.send(encodeSyncStep1(address, Y.encodeStateVector(doc)));
  const answer = await client.until(() =>
    client.received.find((frame) => frame.kind === 'sync' && frame.type === SyncType.Step2),
  );
  if (answer.kind === 'sync') Y.applyUpdate(doc, answer.bytes);
  return doc;
}

describe('sign-in on a socket', () => {
  it('closes a socket that does not sign in for five seconds, with a code to come back on', async () => {
    const { sync } = await startServer();
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    onTestFinished(() => {
      vi.useRealTimers();
    });
    const late = await rawClient(sync);
    vi.advanceTimersByTime(5_000);
    // A machine that is busy for so long must not sign anybody out for ever.
    expect(await late.closed()).toMatchObject({ code: 4408, reason: 'sign-in-late' });
    expect(ERRORS['sign-in-late'].retry).toBe('later');
  });

  it('welcomes a hello with who the server says it is', async () => {
    const { sync, store } = await startServer();
    const client = await rawClient(sync);
    expect(await client.hello(await editorToken('ann'))).toMatchObject({
      protocol: PROTOCOL_VERSION,
      sub: 'ann',
      name: 'Name of ann',
      serverId: store.identity.serverId,
      epoch: 1,
      expires: null,
    });
  });

  const now = Math.floor(Date.now() / 1000);
  it.each([
    ['token-required', async () => ''],
    ['token-invalid', async () => 'nonsense'],
    ['token-invalid', async () => signToken('ann', [], { secret: `${SECRET} of somebody else` })],
    ['token-invalid', async () => signToken('not an id!', [])],
    ['token-expired', async () => signToken('ann', [], { expires: now - 10 })],
  ])('refuses with %s and closes', async (code, token) => {
    const { sync } = await startServer();
    const client = await rawClient(sync);
    client.say({
      type: 'hello',
      protocol: PROTOCOL_VERSION,
      token: await token(),
      device: 'd',
      build: 't',
    });
    expect(await client.weft('bye')).toMatchObject({ code });
    expect(await client.closed()).toMatchObject({ code: 4401, reason: code });
  });

  it.each([
    ['an older', PROTOCOL_VERSION - 1, { code: 'protocol-unsupported' }],
    ['a newer', PROTOCOL_VERSION + 1, { code: 'server-outdated', retryAfter: 20_000 }],
  ])('refuses %s protocol version by name', async (_which, protocol, bye) => {
    const { sync } = await startServer();
    const client = await rawClient(sync);
    client.say({ type: 'hello', protocol, token: 'x', device: 'd', build: 't' });
    expect(await client.weft('bye')).toMatchObject(bye);
    expect(await client.closed()).toMatchObject({ code: 4426 });
  });

  it('closes a socket when its token expires', async () => {
    let clock = Date.now();
    const { sync } = await startServer({ now: () => clock });
    const client = await rawClient(sync);
    const expires = Math.floor(clock / 1000) + 1;
    const token = await signToken('ann', [], { expires });
    clock = expires * 1000 - 20;
    await client.hello(token);
    clock = expires * 1000;
    expect(await client.weft('bye')).toMatchObject({ code: 'token-expired' });
  });

  it('keeps one person per socket', async () => {
    const { sync } = await startServer();
    const client = await rawClient(sync);
    await client.hello(await editorToken('ann'));
    client.send(encodeAuth('document/a', await editorToken('bea')));
    expect(await client.weft('bye')).toMatchObject({ code: 'other-person' });
    expect(await client.closed()).toMatchObject({ code: 4403 });
  });

  it('takes nothing before the sign-in', async () => {
    const { sync } = await startServer();
    const client = await rawClient(sync);
    client.send(encodeSyncStep1('document/a', new Uint8Array([0])));
    expect(await client.closed()).toMatchObject({ code: 4401, reason: 'token-required' });
  });
});

describe('documents on a socket', () => {
  it('[D2] says stored with the number of the write, after the commit', async () => {
    const gated = await gatedStore();
    const { sync } = await startServer({ store: gated.store });
    const client = await rawClient(sync);
    await client.hello(await editorToken('ann'));
    expect(await client.open('document/a')).toBe('read-write');
    gated.hold();
    client.send(encodeWrite('document/a', SyncType.Update, insertion(1, 'a'), 1));
    client.send(encodeWrite('document/a', SyncType.Update, insertion(2, 'b'), 2));
    // Another document opens meanwhile: the server has read both writes and answers others.
    await client.open('document/b');
    expect(
      client.received.filter((frame) => frame.kind === 'weft' && frame.message.type === 'stored'),
    ).toEqual([]);
    gated.release();
    await client.weft('stored', ({ document, n }) => document === 'document/a' && n === 2);
    expect((await held(sync, 'document/a')).getText('t').toString()).toHaveLength(2);
  });

  it('[D3] refuses a broken or gapped write by its number; nothing changes, the rest goes on', async () => {
    const { sync } = await startServer();
    const client = await rawClient(sync);
    await client.hello(await editorToken('ann'));
    await client.open('document/a');
    await client.open('document/b');
    client.send(encodeWrite('document/a', SyncType.Update, insertion(1, 'base'), 1));
    await client.weft('stored');
    const before = contentHash(await held(sync, 'document/a'));
    const whole = insertion(7, 'cut short');
    client.send(encodeWrite('document/a', SyncType.Update, whole.subarray(0, whole.length - 1), 2));
    client.send(encodeWrite('document/a', SyncType.Update, new Uint8Array([1, 2, 3]), 3));
    const gapped = new Y.Doc();
    gapped.clientID = 9;
    gapped.getText('t').insert(0, 'first');
    const vector = Y.encodeStateVector(gapped);
    gapped.getText('t').insert(5, 'second');
    client.send(
      encodeWrite('document/a', SyncType.Update, Y.encodeStateAsUpdate(gapped, vector), 4),
    );
    expect(await client.weft('refused', ({ n }) => n === 2)).toMatchObject({
      code: 'update-invalid',
    });
    expect(await client.weft('refused', ({ n }) => n === 3)).toMatchObject({
      code: 'update-invalid',
    });
    expect(await client.weft('refused', ({ n }) => n === 4)).toMatchObject({ code: 'update-gap' });
    expect(contentHash(await held(sync, 'document/a'))).toBe(before);
    client.send(encodeWrite('document/b', SyncType.Update, insertion(1, 'fine'), 1));
    await client.weft('stored', ({ document }) => document === 'document/b');
  });

  it('a returning client with nothing new is told stored and adds nothing to the log', async () => {
    const store = await openMemoryStore();
    const { sync } = await startServer({ store });
    const client = await rawClient(sync);
    await client.hello(await editorToken('ann'));
    await client.open('document/a');
    client.send(encodeWrite('document/a', SyncType.Update, insertion(1, 'x'), 1));
    await client.weft('stored', ({ n }) => n === 1);
    const head = await store.log.head('_/document/a');
    client.send(encodeWrite('document/a', SyncType.Step2, insertion(1, 'x'), 2));
    await client.weft('stored', ({ n }) => n === 2);
    expect(await store.log.head('_/document/a')).toBe(head);
  });

  it('[D2] a failing log stores nothing, says so, and is retried by the client that comes back', async () => {
    const gated = await gatedStore();
    const { sync } = await startServer({ store: gated.store });
    const client = await rawClient(sync);
    await client.hello(await editorToken('ann'));
    await client.open('document/a');
    gated.fail(new Error('no space left on device'));
    client.send(encodeWrite('document/a', SyncType.Update, insertion(1, 'lost?'), 1));
    expect(await client.weft('bye')).toMatchObject({ code: 'storage-failed' });
    expect(
      client.received.some((frame) => frame.kind === 'weft' && frame.message.type === 'stored'),
    ).toBe(false);
    expect((await held(sync, 'document/a')).getText('t').toString()).toBe('');
    gated.fail(undefined);
    const again = await rawClient(sync);
    await again.hello(await editorToken('ann'));
    await again.open('document/a');
    again.send(encodeWrite('document/a', SyncType.Step2, insertion(1, 'lost?'), 1));
    await again.weft('stored');
    expect((await held(sync, 'document/a')).getText('t').toString()).toBe('lost?');
  });

  it('[D4] a newcomer gets the stored snapshot and then the difference, and has everything', async () => {
    const store = await openMemoryStore();
    const source = new Y.Doc();
    source.getText('t').insert(0, 'stored long ago. '.repeat(2_000));
    source.getText('t').delete(5, 100);
    const stream = '_/document/long';
    const common = { stream, principal: 'ann', kind: 'update', at: 0 };
    await store.log.append([{ ...common, bytes: Y.encodeStateAsUpdate(source) }]);
    await store.log.putSnapshot(stream, { upTo: 1, bytes: Y.encodeStateAsUpdate(source) }, 0);
    await store.log.trim(stream);
    const vector = Y.encodeStateVector(source);
    source.getText('t').insert(0, 'New. ');
    await store.log.append([{ ...common, bytes: Y.encodeStateAsUpdate(source, vector) }]);
    const { sync } = await startServer({ store });
    for (const visit of ['cold', 'warm']) {
      const client = await rawClient(sync);
      await client.hello(await editorToken('ann'));
      await client.open('document/long');
      const doc = new Y.Doc();
      client.send(encodeSyncStep1('document/long', Y.encodeStateVector(doc)));
      const frames = await client.until(() => {
        const found = client.received.filter(
          (frame) => frame.kind === 'sync' && frame.type !== SyncType.Step1,
        );
        return found.length === 2 ? found : undefined;
      });
      const sizes = frames.map((frame) => (frame.kind === 'sync' ? frame.bytes.length : 0));
      for (const frame of frames) if (frame.kind === 'sync') Y.applyUpdate(doc, frame.bytes);
      expect([visit, contentHash(doc)]).toEqual([visit, contentHash(source)]);
      expect(sizes[0]).toBeGreaterThan(30_000);
      expect(sizes[1]).toBeLessThan(200);
    }
  });

  it('[D7] a client id that somebody wrote under or showed takes no writes of another, whatever they hold', async () => {
    const { sync } = await startServer();
    const ann = await rawClient(sync);
    await ann.hello(await editorToken('ann'));
    await ann.open('document/a');
    ann.send(encodeWrite('document/a', SyncType.Update, insertion(1, 'mine'), 1));
    await ann.weft('stored');
    // Shown only: her second tab, whose text is still on its way.
    const tab = new Y.Doc();
    tab.clientID = 2;
    const shown = new Awareness(tab);
    shown.setLocalState({ user: { name: 'Ann' } });
    const mallory = await rawClient(sync);
    await mallory.hello(await editorToken('mallory'));
    await mallory.open('document/a');
    ann.send(encodeAwareness('document/a', encodeAwarenessUpdate(shown, [2])));
    await mallory.until(() =>
      mallory.received.find((frame) => frame.kind === 'other' && frame.type === 1),
    );
    const before = contentHash(await held(sync, 'document/a'));
    // Nine bytes: a collected struct in the place of what she is about to type.
    const squat = (client: number, clock: number) => new Uint8Array([1, 1, client, clock, 0, 4, 0]);
    mallory.send(encodeWrite('document/a', SyncType.Update, squat(1, 4), 1));
    mallory.send(encodeWrite('document/a', SyncType.Update, squat(2, 0), 2));
    for (const n of [1, 2]) {
      expect(await mallory.weft('refused', (message) => message.n === n)).toMatchObject({
        code: 'client-id-taken',
      });
    }
    expect(contentHash(await held(sync, 'document/a'))).toBe(before);
    ann.send(encodeWrite('document/a', SyncType.Update, insertion(2, 'arrives'), 2));
    await ann.weft('stored', ({ n }) => n === 2);
    expect((await held(sync, 'document/a')).getText('t').toString()).toContain('arrives');
  });

  it('refuses what would make a document larger than it may be', async () => {
    const { sync } = await startServer({ limits: { documentBytes: 200 } });
    const client = await rawClient(sync);
    await client.hello(await editorToken('ann'));
    await client.open('document/a');
    client.send(encodeWrite('document/a', SyncType.Update, insertion(1, 'x'.repeat(100)), 1));
    client.send(encodeWrite('document/a', SyncType.Update, insertion(2, 'y'.repeat(150)), 2));
    expect(await client.weft('refused')).toMatchObject({ n: 2, code: 'document-too-large' });
    expect((await held(sync, 'document/a')).getText('t').toString()).toHaveLength(100);
  });

  it.each([
    'nonsense',
    'document/',
    'document/a/b',
    'document/../x',
    'conversation/c',
    'conversation/c/01',
    'other/x',
    '__proto__',
  ])('refuses the name %s', async (name) => {
    const { sync } = await startServer();
    const client = await rawClient(sync);
    await client.hello(await editorToken('ann'));
    expect(await client.open(name)).toBe('name-invalid');
    expect(await client.open('document/fine')).toBe('read-write');
  });

  it('[D9] a reader, an outsider and another tenant change nothing', async () => {
    const { sync } = await startServer();
    const editor = await rawClient(sync);
    await editor.hello(await editorToken('ann'));
    await editor.open('document/a');
    editor.send(encodeWrite('document/a', SyncType.Update, insertion(1, 'mine'), 1));
    await editor.weft('stored');
    const before = contentHash(await held(sync, 'document/a'));

    const reader = await rawClient(sync);
    await reader.hello(await signToken('rob', [{ resource: 'document/*', role: 'reader' }]));
    expect(await reader.open('document/a')).toBe('readonly');
    reader.send(encodeWrite('document/a', SyncType.Update, insertion(2, 'no'), 1));
    expect(await reader.weft('refused')).toMatchObject({ n: 1, code: 'read-only' });
    reader.send(encodeWrite('document/a', SyncType.Step2, insertion(1, 'mine'), 2));
    await reader.weft('stored', ({ n }) => n === 2);

    const outsider = await rawClient(sync);
    await outsider.hello(await signToken('out', [{ resource: 'document/b', role: 'editor' }]));
    expect(await outsider.open('document/a')).toBe('forbidden');
    outsider.send(encodeWrite('document/a', SyncType.Update, insertion(3, 'no'), 1));
    expect(await outsider.weft('refused')).toMatchObject({ n: 1, code: 'forbidden' });

    const nobody = await rawClient(sync);
    await nobody.hello(await signToken('nobody'));
    expect(await nobody.open('document/a')).toBe('forbidden');

    const tenant = await rawClient(sync);
    await tenant.hello(
      await signToken('ann', [{ resource: '*', role: 'editor' }], { tid: 'other' }),
    );
    await tenant.open('document/a');
    tenant.send(encodeWrite('document/a', SyncType.Update, insertion(4, 'elsewhere'), 1));
    await tenant.weft('stored');
    expect(contentHash(await held(sync, 'document/a'))).toBe(before);
  });
});

describe('bad frames', () => {
  it.each([
    ['empty', new Uint8Array()],
    ['an address without an end', new Uint8Array([200, 1, 2])],
    ['our address with no JSON', new Uint8Array([5, 33, 119, 101, 102, 116, 3, 1, 2, 3])],
    ['a sign-in of an unknown kind', new Uint8Array([1, 97, 2, 9])],
  ])('%s ends its own socket and no other', async (_name, frame) => {
    const { sync } = await startServer();
    const other = await rawClient(sync);
    await other.hello(await editorToken('bea'));
    const client = await rawClient(sync);
    await client.hello(await editorToken('ann'));
    client.send(frame);
    expect(await client.closed()).toMatchObject({ code: 4400 });
    expect(await other.open('document/a')).toBe('read-write');
  });
});

describe('requests for a socket that no URL can be made of', () => {
  it.each(['//', 'http://', '//['])('%s is refused, and the server lives', async (target) => {
    const { port, sync } = await startServer();
    expect(await answerToUpgrade(port, target)).toMatch(/^HTTP\/1\.1 400 /);
    const client = await rawClient(sync);
    await client.hello(await editorToken('ann'));
    expect(await client.open('document/a')).toBe('read-write');
  });
});

/** What the server says to an upgrade whose target is sent as it is: clients that parse URLs would not send it. */
function answerToUpgrade(port: number, target: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const connection = connect(port, '127.0.0.1');
    let answer = '';
    connection.setEncoding('utf8');
    connection.on('data', (text: string) => {
      answer += text;
    });
    connection.once('close', () => resolve(answer));
    connection.once('error', reject);
    connection.write(
      [
        `GET ${target} HTTP/1.1`,
        'Host: localhost',
        'Connection: Upgrade',
        'Upgrade: websocket',
        'Sec-WebSocket-Version: 13',
        'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
        '\r\n',
      ].join('\r\n'),
    );
  });
}
