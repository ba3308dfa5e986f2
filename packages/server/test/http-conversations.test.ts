import type { Action } from '@weft/protocol';
import { describe, expect, it } from 'vitest';
import { rawClient } from './support/raw-client.ts';
import { editorToken, signToken, startServer } from './support/server.ts';

/** A ULID of the test's own. */
const id = (n: number) => `01J${String(n).padStart(23, '0')}`;

async function conversation() {
  const { http, sync, store } = await startServer();
  const ask = async (path: string, token: string | undefined, init: RequestInit = {}) => {
    const headers = {
      'content-type': 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    };
    const response = await fetch(`${http}/api/conversations/${path}`, { ...init, headers });
    const body: unknown = await response.json();
    return { status: response.status, body };
  };
  const post = (body: unknown, token: string | undefined, path = 'general/messages') =>
    ask(path, token, { method: 'POST', body: JSON.stringify(body) });
  return { sync, store, ask, post };
}

describe('conversations over HTTP', () => {
  it('[C1] [C3] a message is posted once, however often; it is read back, and sockets hear of it', async () => {
    const { sync, store, ask, post } = await conversation();
    const bot = await editorToken('bot');
    const listener = await rawClient(sync);
    await listener.hello(await editorToken('ann'));
    await listener.open('conversation/general/0');
    const first = await post({ id: id(1), text: 'The build is green' }, bot);
    expect(first).toMatchObject({ status: 200, body: { id: id(1), sequence: 1, event: 1 } });
    expect(await post({ id: id(1), text: 'The build is green' }, bot)).toEqual(first);
    expect(await post({ id: id(1), text: 'The build is red' }, bot)).toMatchObject({
      status: 409,
      body: { code: 'command-id-reused' },
    });
    await post({ id: id(2), text: 'And deployed' }, bot);
    await listener.weft('event', ({ sequence }) => sequence === 2);
    expect(await ask('general/messages', bot)).toMatchObject({
      status: 200,
      body: {
        head: 2,
        messages: [
          { sequence: 1, author: 'bot', body: { text: 'The build is green' } },
          { sequence: 2, author: 'bot', body: { text: 'And deployed' } },
        ],
      },
    });
    expect(await ask('general/messages?after=1&limit=1', bot)).toMatchObject({
      body: { head: 2, messages: [{ sequence: 2 }] },
    });
    expect(await store.log.head('_/conversation/general')).toBe(2);
  });

  it('tells of one message how far it got, and of a person what they have not read and why', async () => {
    const { ask, post } = await conversation();
    const [bot, ann] = [await editorToken('bot'), await editorToken('ann')];
    await post({ id: id(1), text: 'Look at this' }, bot);
    const body = {
      version: 1,
      text: 'ann, please',
      ranges: [{ type: 'mention', start: 0, end: 3, value: 'ann' }],
    };
    expect((await post({ id: id(2), body }, bot)).status).toBe(200);
    expect(await ask('general/unread', ann)).toMatchObject({
      status: 200,
      body: {
        count: 2,
        mentions: 1,
        complete: true,
        messages: [
          { sequence: 1, because: 'message' },
          { sequence: 2, because: 'mention' },
        ],
      },
    });
    expect(await ask('general/messages/2', ann)).toMatchObject({
      status: 200,
      body: { message: { sequence: 2 }, progress: 'stored', deliveredTo: [], readBy: [] },
    });
    expect((await ask('general/messages/3', ann)).status).toBe(404);
    expect(await ask('general/receipts', ann)).toMatchObject({ body: { head: 2 } });
  });

  it('[C17] of a message the texts that it had are told, with their times; of one that was deleted none', async () => {
    const { sync, ask, post } = await conversation();
    const [bot, ann] = [await editorToken('bot'), await editorToken('ann')];
    await post({ id: id(1), text: 'At 4 MB.' }, bot);
    const editor = await rawClient(sync);
    await editor.hello(bot);
    const say = async (counter: number, action: Action) => {
      const command = { device: 'd', counter, conversation: 'general', at: 0, action } as const;
      editor.say({ type: 'command', id: id(counter), ...command });
      await editor.weft('ack', (ack) => ack.id === id(counter));
    };
    const edit = (text: string) =>
      ({ type: 'edit', sequence: 1, body: { version: 1, text } }) as const;
    await say(2, edit('At 4 MiB.'));
    await post({ id: id(3), text: 'Between.' }, ann);
    await say(4, edit('At 4 MiB, then.'));
    const { body } = await ask('general/messages/1/revisions', ann);
    expect(body).toMatchObject({
      complete: true,
      revisions: [
        { revision: 1, body: { text: 'At 4 MB.' } },
        { revision: 2, body: { text: 'At 4 MiB.' } },
        { revision: 3, body: { text: 'At 4 MiB, then.' } },
      ],
    });
    expect(await ask('general/messages/2/revisions', ann)).toMatchObject({
      body: { complete: true, revisions: [{ revision: 1 }] },
    });
    expect(await ask('general/messages/1/others', ann)).toMatchObject({ status: 404 });
    await say(5, { type: 'delete', sequence: 1 });
    expect((await ask('general/messages/1/revisions', ann)).body).toEqual({
      revisions: [],
      complete: true,
    });
    const outsider = await signToken('eve', []);
    expect(await ask('general/messages/1/revisions', outsider)).toMatchObject({ status: 403 });
  });

  it('[D9] nobody without rights reads or writes, and what is refused changes nothing', async () => {
    const { store, ask, post } = await conversation();
    const reader = await signToken('bea', [{ resource: 'conversation/general', role: 'reader' }]);
    const outsider = await signToken('cem', [{ resource: 'conversation/other', role: 'editor' }]);
    const editor = await editorToken('ann');
    const message = { id: id(1), text: 'x' };
    expect(await post(message, undefined)).toMatchObject({
      status: 401,
      body: { code: 'token-required' },
    });
    expect(await post(message, 'made up')).toMatchObject({ status: 401 });
    expect(await post(message, reader)).toMatchObject({ status: 403, body: { code: 'read-only' } });
    expect(await post(message, outsider)).toMatchObject({
      status: 403,
      body: { code: 'forbidden' },
    });
    expect((await ask('general/messages', outsider)).status).toBe(403);
    expect((await ask('general/messages', reader)).status).toBe(200);
    for (const bad of [
      {},
      { id: 'no ulid', text: 'x' },
      { id: id(2), text: '' },
      { id: id(3), text: 'x'.repeat(20_000) },
      { id: id(4), body: { version: 99, text: 'x' } },
    ]) {
      const { status } = await post(bad, editor);
      expect(status).toBeGreaterThanOrEqual(400);
      expect(status).toBeLessThan(500);
    }
    expect((await post(message, editor, 'ge%20neral/messages')).status).toBe(400);
    expect((await ask('general/nothing', editor)).status).toBe(404);
    expect((await ask('general/messages?after=-1', editor)).status).toBe(400);
    expect((await ask('general/messages', editor, { method: 'DELETE' })).status).toBe(405);
    expect(await store.log.head('_/conversation/general')).toBe(0);
  });
});
