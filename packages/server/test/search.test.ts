import { openMemoryStore } from '@weft/storage/memory';
import { openSqliteStore } from '@weft/storage/sqlite';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import * as v from 'valibot';
import { type Action, EMPTY_CONVERSATION, decide, directId } from '@weft/protocol';
import type { TextFound, TextIndex } from '@weft/storage';
import { searchAnswer } from '../src/contracts/answers.ts';
import { PASS_PLACES, searchMessages } from '../src/conversations/search.ts';
import { rawClient } from './support/raw-client.ts';
import { editorToken, signToken, startServer, temporaryDirectory } from './support/server.ts';

/** A ULID of the test's own. */
const id = (n: number) => `01J${String(n).padStart(23, '0')}`;

async function searchable(options: Parameters<typeof startServer>[0] = {}) {
  const { http, sync, store } = await startServer(options);
  let ids = 0;
  const get = async (token: string | undefined, query: string) => {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const response = await fetch(`${http}/api/search${query}`, { headers });
    const body: unknown = await response.json();
    return { status: response.status, body };
  };
  const post = async (token: string, conversation: string, text: string) => {
    const response = await fetch(`${http}/api/conversations/${conversation}/messages`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
      body: JSON.stringify({ id: id((ids += 1)), text }),
    });
    expect(response.status).toBe(200);
  };
  const page = async (token: string, query: Readonly<Record<string, string>>) => {
    const { status, body } = await get(token, `?${new URLSearchParams(query).toString()}`);
    expect([query, status]).toEqual([query, 200]);
    return v.parse(searchAnswer, body);
  };
  const texts = async (token: string, q: string, more: Readonly<Record<string, string>> = {}) => {
    const { found } = await page(token, { q, ...more });
    return found.map(({ conversation, message }) => `${conversation}: ${message.body.text}`);
  };
  return { http, sync, store, get, post, page, texts };
}

/** The event of one message, as the log keeps it. */
function messageEvent(): Uint8Array {
  const decision = decide(
    EMPTY_CONVERSATION,
    {
      ...({ type: 'command', id: id(1), device: 'd', counter: 1, conversation: 'mine' } as const),
      ...{ at: 0, action: { type: 'send', body: { version: 1, text: 'word' } } as const },
    },
    { sub: 'ann', name: 'Ann' },
    1,
    0,
  );
  if (decision.outcome !== 'append') throw new Error('It should be taken.');
  return new TextEncoder().encode(JSON.stringify(decision.event));
}

describe('search over HTTP', () => {
  it('[F1] finds messages by the beginnings of their words, the newest first, as they are now', async () => {
    const { sync, post, texts } = await searchable();
    const ann = await editorToken('ann');
    await post(ann, 'general', 'The Café opens at nine');
    await post(ann, 'plans', 'Nine cafés, one plan');
    await post(ann, 'general', 'Nothing to see');
    expect(await texts(ann, 'CAFE nin')).toEqual([
      'plans: Nine cafés, one plan',
      'general: The Café opens at nine',
    ]);
    expect(await texts(ann, 'cafe', { conversation: 'general' })).toEqual([
      'general: The Café opens at nine',
    ]);
    expect(await texts(ann, 'fe')).toEqual([]);

    const client = await rawClient(sync);
    await client.hello(ann);
    const command = async (counter: number, action: Action) => {
      const common = { type: 'command', device: 'd', conversation: 'general', at: 0 } as const;
      client.say({ ...common, id: id(900 + counter), counter, action });
      const { result } = await client.weft('ack', (ack) => ack.id === id(900 + counter));
      expect(result.outcome).toBe('stored');
    };
    const body = { version: 1, text: 'The tea room opens at nine' } as const;
    await command(1, { type: 'edit', sequence: 1, body });
    expect(await texts(ann, 'cafe')).toEqual(['plans: Nine cafés, one plan']);
    expect(await texts(ann, 'tea')).toEqual(['general: The tea room opens at nine']);
    await command(2, { type: 'delete', sequence: 1 });
    expect(await texts(ann, 'nine')).toEqual(['plans: Nine cafés, one plan']);
  });

  it('[F2] finds only what the person may read: by rights, in direct conversations, and in their tenant', async () => {
    const { post, texts, get } = await searchable();
    const ann = await editorToken('ann');
    const bea = await signToken('bea', [{ resource: 'conversation/general', role: 'reader' }]);
    const cem = await signToken('cem', [{ resource: '*', role: 'editor' }], { tid: 'other' });
    await post(ann, 'general', 'the word for all');
    await post(ann, 'private', 'the word for few');
    await post(cem, 'general', 'the word elsewhere');
    expect(await texts(ann, 'word')).toEqual([
      'private: the word for few',
      'general: the word for all',
    ]);
    expect(await texts(bea, 'word')).toEqual(['general: the word for all']);
    expect(await texts(cem, 'word')).toEqual(['general: the word elsewhere']);
    expect(await get(bea, '?q=word&conversation=private')).toMatchObject({
      status: 403,
      body: { code: 'forbidden' },
    });
    expect(await get(undefined, '?q=word')).toMatchObject({
      status: 401,
      body: { code: 'token-required' },
    });
  });

  it('[F2] [R4] a direct conversation is found by its two people and by nobody else', async () => {
    const { sync, texts } = await searchable();
    const [ann, bea, owner] = [
      await editorToken('ann'),
      await editorToken('bea'),
      await signToken('zoe', [{ resource: '*', role: 'owner' }]),
    ];
    const conversation = directId('ann', 'bea');
    const client = await rawClient(sync);
    await client.hello(ann);
    const common = { type: 'command', device: 'd', conversation, at: 0 } as const;
    client.say({ ...common, id: id(1), counter: 1, action: { type: 'join', with: 'bea' } });
    expect(await client.weft('ack')).toMatchObject({ result: { outcome: 'stored' } });
    const body = { version: 1, text: 'between us' } as const;
    client.say({ ...common, id: id(2), counter: 2, action: { type: 'send', body } });
    const sent = await client.weft('ack', (ack) => ack.id === id(2));
    expect(sent).toMatchObject({ result: { outcome: 'stored' } });
    expect(await texts(ann, 'between')).toEqual([`${conversation}: between us`]);
    expect(await texts(bea, 'between')).toEqual([`${conversation}: between us`]);
    expect(await texts(owner, 'between')).toEqual([]);
  });

  it('[F2] pages leave nothing out and say nothing twice, and tell nothing of what lies between', async () => {
    const { post, page } = await searchable();
    const ann = await editorToken('ann');
    const bea = await signToken('bea', [{ resource: 'conversation/general', role: 'reader' }]);
    for (let n = 1; n <= 12; n += 1) {
      await post(ann, 'general', `word ${n}`);
      for (let hidden = 0; hidden < 15; hidden += 1) await post(ann, 'private', 'hidden word');
    }
    const seen: string[] = [];
    let next: number | undefined;
    do {
      const found = await page(bea, {
        ...{ q: 'word', limit: '5' },
        ...(next === undefined ? {} : { before: String(next) }),
      });
      seen.push(...found.found.map(({ message }) => message.body.text));
      ({ next } = found);
    } while (next !== undefined);
    expect(seen).toEqual(Array.from({ length: 12 }, (_, at) => `word ${12 - at}`));
    // The last page is full, and nothing that she may read comes behind it.
    expect(await page(bea, { q: 'word', limit: '12' })).not.toHaveProperty('next');
    expect(await page(bea, { q: 'hidden' })).toEqual({ found: [] });
  });

  it('[F4] [F2] one request passes over so much and no more, and its end tells nothing of what is passed over', async () => {
    const newest = 10 * PASS_PLACES + 7;
    const may = 2 * PASS_PLACES + 3;
    /** Every place but one is of somebody else's conversation, and has the word where that says so. */
    const search = async (hidden: boolean, before?: number) => {
      let looked = 0;
      const find: TextIndex['find'] = async ({ before: top = newest + 1, from = 0, limit }) => {
        const hits: TextFound[] = [];
        for (let place = top - 1; place >= from && hits.length < limit; place -= 1) {
          const stream = `_/conversation/${place === may ? 'mine' : 'private'}`;
          if (hidden || place === may) hits.push({ place, stream, item: 1, number: 1 });
        }
        looked += hits.length;
        return hits;
      };
      const store = await openMemoryStore();
      const client = { principal: 'ann', at: 0, kind: 'event' };
      await store.log.append([{ ...client, stream: '_/conversation/mine', bytes: messageEvent() }]);
      const asked = { query: 'word', limit: 5, ...(before === undefined ? {} : { before }) };
      const page = await searchMessages(
        { log: store.log, texts: { find, newest: async () => newest } },
        { roleOf: async (_, { id: place }) => (place === 'mine' ? 'reader' : undefined) },
        { tenant: '_', sub: 'ann', name: 'Ann', grants: undefined, expires: undefined },
        asked,
        () => false,
      );
      return { page, looked };
    };
    for (const hidden of [true, false]) {
      const pages = [];
      let next: number | undefined;
      do {
        const { page, looked } = await search(hidden, next);
        expect(looked).toBeLessThanOrEqual(2 * PASS_PLACES);
        pages.push({ texts: page.found.map(({ message }) => message.body.text), next: page.next });
        ({ next } = page);
      } while (next !== undefined);
      const ends = [9, 7, 5, 3, 1].map((end) => end * PASS_PLACES);
      expect(pages).toEqual([
        ...ends.map((end) => ({ texts: end === PASS_PLACES ? ['word'] : [], next: end })),
        { texts: [], next: undefined },
      ]);
    }
  });

  it('answers what is no search with a code of its own, and never with an error of the database', async () => {
    const directory = temporaryDirectory();
    const store = await openSqliteStore({ file: join(directory, 'weft.db') });
    onTestFinished(() => store.close());
    const { get, post } = await searchable({ store, searchPace: { burst: 1_000 } });
    const ann = await editorToken('ann');
    await post(ann, 'general', 'a AND b "quoted" OR NEAR(c)');
    const ask = async (q: string) => {
      const { status, body } = await get(ann, `?q=${encodeURIComponent(q)}`);
      return [status, v.parse(v.object({ code: v.optional(v.string()) }), body).code];
    };
    for (const q of ['', '   ', '"', '*', '-', '""', '()', '\0']) {
      expect([q, ...(await ask(q))]).toEqual([q, 400, 'query-empty']);
    }
    expect(await ask('x'.repeat(201))).toEqual([400, 'query-too-long']);
    expect(await ask('a b c d e f g h i j k l m')).toEqual([400, 'query-too-long']);
    for (const q of [
      '"a',
      'a AND',
      'a OR',
      'NEAR(a, 3)',
      'words:a',
      'a*',
      '^a',
      "'; DROP",
      '·s5f',
    ]) {
      expect([q, ...(await ask(q))]).toEqual([q, 200, undefined]);
    }
    for (const query of ['?q=a&before=-1', '?q=a&limit=x', '?q=a&before=1e400']) {
      expect([query, await get(ann, query)]).toMatchObject([
        query,
        { status: 400, body: { code: 'request-invalid' } },
      ]);
    }
    expect(await get(ann, '?q=a&conversation=a/b')).toMatchObject({
      status: 400,
      body: { code: 'name-invalid' },
    });
    expect(await get(ann, '')).toMatchObject({ status: 400, body: { code: 'query-empty' } });
  });

  it('whoever searches too fast is told so, and nobody else is', async () => {
    let now = 1_700_000_000_000;
    const { get } = await searchable({ now: () => now, searchPace: { burst: 3, perSecond: 1 } });
    const [ann, bea] = [await editorToken('ann'), await editorToken('bea')];
    const statuses = [];
    for (let n = 0; n < 4; n += 1) statuses.push((await get(ann, '?q=x')).status);
    expect(statuses).toEqual([200, 200, 200, 429]);
    expect((await get(bea, '?q=x')).status).toBe(200);
    now += 1_000;
    expect((await get(ann, '?q=x')).status).toBe(200);
  });

  it('a store that keeps no texts has no search', async () => {
    const { texts: _, ...store } = await openMemoryStore();
    const { get } = await searchable({ store });
    expect(await get(await editorToken('ann'), '?q=x')).toMatchObject({ status: 404 });
  });
});
