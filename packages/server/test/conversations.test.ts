import {
  type Ack,
  type Command,
  type ConversationHead,
  type Message,
  SEGMENT_ROOT,
  SEGMENT_SIZE,
} from '@weft/protocol';
import { type Store } from '@weft/storage';
import { openMemoryStore } from '@weft/storage/memory';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import type { Principal } from '../src/auth/principal.ts';
import { checkContents } from '../src/check/contents.ts';
import { Conversations } from '../src/conversations/conversations.ts';
import { silentLogger } from '../src/logger.ts';
import { rawClient } from './support/raw-client.ts';
import { editorToken, gatedStore, signToken, startServer } from './support/server.ts';

const ann: Principal = {
  tenant: '_',
  sub: 'ann',
  name: 'Ann',
  grants: undefined,
  expires: undefined,
};
const bea: Principal = { ...ann, sub: 'bea', name: 'Bea' };

function command(
  n: number,
  options: { readonly text?: string; readonly conversation?: string } = {},
): Command {
  return {
    type: 'command',
    id: `01J${String(n).padStart(23, '0')}`,
    device: 'd1',
    counter: n,
    conversation: options.conversation ?? 'general',
    at: n,
    action: { type: 'send', body: { version: 1, text: options.text ?? `message ${n}` } },
  };
}

function over(store: Store) {
  const heads: ConversationHead[] = [];
  const updates: Uint8Array[] = [];
  let clock = 1000;
  const conversations = new Conversations({
    store,
    now: () => (clock += 1),
    logger: silentLogger,
    listener: {
      reread: async () => {},
      committed: (_tenant, _segment, update, head) => {
        if (update !== undefined) updates.push(update);
        heads.push(head);
      },
    },
  });
  return { conversations, heads, updates };
}

/** The messages that a segment's stream holds, as a client would read them. */
async function messages(store: Store, segment = 0, conversation = 'general'): Promise<Message[]> {
  const doc = new Y.Doc();
  for (const { bytes } of await store.log.read(
    `_/conversation/${conversation}/${segment}`,
    0,
    10_000,
  )) {
    Y.applyUpdate(doc, bytes);
  }
  expect(doc.store.pendingStructs).toBeNull();
  return [...doc.getMap<Message>(SEGMENT_ROOT).values()].toSorted(
    (a, b) => a.sequence - b.sequence,
  );
}

const sequenceOf = (result: Ack['result']) =>
  result.outcome === 'stored' ? result.sequence : result.code;

describe('commands', () => {
  it('[C1] [C2] numbers messages 1..n, over the border of a segment', async () => {
    const store = await openMemoryStore();
    const { conversations, heads } = over(store);
    const total = SEGMENT_SIZE + 5;
    const results = await Promise.all(
      Array.from({ length: total }, (_, index) => conversations.command(ann, command(index + 1))),
    );
    expect(results.map(sequenceOf)).toEqual(Array.from({ length: total }, (_, index) => index + 1));
    expect(heads.at(-1)).toMatchObject({ event: total, sequence: total, segment: 1 });
    const found = [...(await messages(store, 0)), ...(await messages(store, 1))];
    expect(found.map(({ sequence, id }) => [sequence, id])).toEqual(
      Array.from({ length: total }, (_, index) => [index + 1, command(index + 1).id]),
    );
    expect(await conversations.head('_', 'general')).toMatchObject({ sequence: total, segment: 1 });
    expect(conversations.busy).toBe(false);
  });

  it('[C3] a resent command has one effect and the same answer, at once, later and after a restart', async () => {
    const store = await openMemoryStore();
    const first = over(store);
    const twice = await Promise.all([
      first.conversations.command(ann, command(1)),
      first.conversations.command(ann, command(1)),
      first.conversations.command(ann, command(2)),
    ]);
    expect(twice.map(sequenceOf)).toEqual([1, 1, 2]);
    expect(await first.conversations.command(ann, command(1))).toEqual(twice[0]);
    expect(
      await over(store).conversations.command(ann, { ...command(1), at: 99, counter: 7 }),
    ).toEqual(twice[0]);
    expect(await messages(store)).toHaveLength(2);
  });

  it('[C3] the same id with another text is an error, and another author has ids of their own', async () => {
    const store = await openMemoryStore();
    const { conversations } = over(store);
    await conversations.command(ann, command(1));
    expect(sequenceOf(await conversations.command(ann, command(1, { text: 'changed' })))).toBe(
      'command-id-reused',
    );
    expect(sequenceOf(await conversations.command(bea, command(1)))).toBe(2);
    expect((await messages(store)).map(({ author, body }) => [author, body.text])).toEqual([
      ['ann', 'message 1'],
      ['bea', 'message 1'],
    ]);
  });

  it('[C4] answers and tells only after the commit; a failure stores nothing and a resend does', async () => {
    const gated = await gatedStore();
    const { conversations, heads } = over(gated.store);
    gated.hold();
    let answered = false;
    const result = conversations.command(ann, command(1)).then((value) => {
      answered = true;
      return value;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect([answered, heads.length]).toEqual([false, 0]);
    gated.release();
    expect(sequenceOf(await result)).toBe(1);
    gated.fail(new Error('disk full'));
    expect(sequenceOf(await conversations.command(ann, command(2)))).toBe('storage-failed');
    gated.fail(undefined);
    expect(sequenceOf(await conversations.command(ann, command(2)))).toBe(2);
    expect(await messages(gated.store)).toHaveLength(2);
  });

  it.each([
    ['message-empty', '   \n'],
    ['message-too-long', 'x'.repeat(16_385)],
  ])('refuses with %s, and the next one goes on', async (code, text) => {
    const store = await openMemoryStore();
    const { conversations } = over(store);
    expect(sequenceOf(await conversations.command(ann, command(1, { text })))).toBe(code);
    expect(sequenceOf(await conversations.command(ann, command(2)))).toBe(1);
  });

  it("[C1] [C3] [C5] stays dense, unique and in each device's order, whatever is resent and whatever fails", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            who: fc.constantFrom(ann, bea),
            n: fc.integer({ min: 1, max: 15 }),
            fail: fc.boolean(),
          }),
          { maxLength: 40 },
        ),
        async (sends) => {
          const gated = await gatedStore();
          let side = over(gated.store);
          const answers = new Map<string, Set<number>>();
          for (const [index, { who, n, fail }] of sends.entries()) {
            gated.fail(fail && index % 3 === 0 ? new Error('disk') : undefined);
            if (index % 11 === 10) side = over(gated.store);
            const both = await Promise.all([
              side.conversations.command(who, command(n)),
              side.conversations.command(who, command(n)),
            ]);
            for (const result of both) {
              if (result.outcome !== 'stored') continue;
              const key = `${who.sub}/${n}`;
              answers.set(key, (answers.get(key) ?? new Set()).add(result.sequence));
            }
          }
          const stored = await messages(gated.store);
          expect(stored.map(({ sequence }) => sequence)).toEqual(
            stored.map((_, index) => index + 1),
          );
          expect(new Set(stored.map(({ author, id }) => `${author}/${id}`)).size).toBe(
            stored.length,
          );
          for (const sequences of answers.values()) expect(sequences.size).toBe(1);
        },
      ),
      { seed: 5, numRuns: 60 },
    );
  });
});

describe('conversations on a socket', () => {
  it('[C6] an opened segment is told the head, then every commit; messages arrive as Yjs', async () => {
    const { sync } = await startServer();
    const [a, b] = [await rawClient(sync), await rawClient(sync)];
    await a.hello(await editorToken('ann'));
    await b.hello(await editorToken('bea'));
    expect(await a.open('conversation/general/0')).toBe('readonly');
    expect(await a.weft('event')).toMatchObject({
      event: 0,
      sequence: 0,
      segment: 0,
      role: 'editor',
    });
    b.say(command(1));
    expect(await b.weft('ack')).toMatchObject({ result: { outcome: 'stored', sequence: 1 } });
    expect(await a.weft('event', ({ event }) => event === 1)).toMatchObject({
      sequence: 1,
      segment: 0,
    });
    const frame = await a.until(() =>
      a.received.find((each) => each.kind === 'sync' && each.type === 2),
    );
    const doc = new Y.Doc();
    if (frame.kind === 'sync') Y.applyUpdate(doc, frame.bytes);
    expect(doc.getMap<Message>(SEGMENT_ROOT).get('1')).toMatchObject({
      author: 'bea',
      name: 'Name of bea',
    });
  });

  it("[D9] a segment takes no writes, and a conversation takes its document's role", async () => {
    const { sync } = await startServer();
    const grant = (role: 'reader' | 'editor') => [{ resource: 'document/plan', role }] as const;
    const reader = await rawClient(sync);
    await reader.hello(await signToken('rob', grant('reader')));
    reader.say(command(1, { conversation: 'plan' }));
    expect(await reader.weft('ack')).toMatchObject({
      result: { outcome: 'refused', code: 'read-only' },
    });
    const editor = await rawClient(sync);
    await editor.hello(await signToken('ed', grant('editor')));
    editor.say(command(1, { conversation: 'plan' }));
    expect(await editor.weft('ack')).toMatchObject({ result: { outcome: 'stored', sequence: 1 } });
    editor.say(command(2, { conversation: 'elsewhere' }));
    expect(await editor.weft('ack', ({ id }) => id === command(2).id)).toMatchObject({
      result: { outcome: 'refused', code: 'forbidden' },
    });
    expect(await editor.open('conversation/plan/0')).toBe('readonly');
  });
});

describe('changes', () => {
  const change = (n: number, action: Command['action']): Command => ({ ...command(n), action });

  it('[C10] [C4] run among messages, at once, and take no sequence', async () => {
    const store = await openMemoryStore();
    const { conversations, heads } = over(store);
    const body = { version: 1, text: 'edited' } as const;
    const results = await Promise.all([
      conversations.command(ann, command(1)),
      conversations.command(ann, change(2, { type: 'edit', sequence: 1, body })),
      conversations.command(bea, change(3, { type: 'react', sequence: 1, emoji: '👍' })),
      conversations.command(bea, command(4)),
      conversations.command(bea, change(5, { type: 'edit', sequence: 1, body })),
      conversations.command(ann, change(6, { type: 'delete', sequence: 2 })),
      conversations.command(bea, change(7, { type: 'delete', sequence: 2 })),
      conversations.command(ann, change(8, { type: 'unpin', sequence: 1 })),
    ]);
    expect(results.map(sequenceOf)).toEqual([1, 1, 1, 2, 'not-author', 'not-author', 2, 1]);
    expect(heads.map(({ event, sequence }) => [event, sequence])).toEqual([
      [1, 1],
      [2, 1],
      [3, 1],
      [4, 2],
      [5, 2],
      [6, 2],
    ]);
    expect(await messages(store)).toMatchObject([
      { sequence: 1, revision: 2, body: { text: 'edited' } },
      { sequence: 2, revision: 2, deleted: { by: 'bea' }, body: { text: '' } },
    ]);
    expect(conversations.busy).toBe(false);
    expect(
      await checkContents(store.log, ['_/conversation/general', '_/conversation/general/0']),
    ).toMatchObject({ messages: 2, problems: [] });
  });

  it('[C3] [C10] a resent change has one effect, also after a restart, in a segment that was left', async () => {
    const store = await openMemoryStore();
    const first = over(store);
    for (let n = 1; n <= SEGMENT_SIZE + 1; n += 1)
      await first.conversations.command(ann, command(n));
    const edit = change(9_000, {
      type: 'edit',
      sequence: 3,
      body: { version: 1, text: 'edited' },
    });
    const stored = await first.conversations.command(ann, edit);
    const second = over(store);
    expect(await second.conversations.command(ann, edit)).toEqual(stored);
    await second.conversations.command(ann, { ...edit, id: command(9_001).id });
    await second.conversations.command(ann, command(9_002));
    expect((await messages(store, 0))[2]).toMatchObject({ sequence: 3, revision: 3 });
    expect(second.heads.map(({ segment }) => segment)).toEqual([0, 1]);
    expect(
      (
        await checkContents(
          store.log,
          [0, 1].map((n) => `_/conversation/general/${n}`),
        )
      ).problems,
    ).toHaveLength(2);
    expect(
      (
        await checkContents(store.log, [
          '_/conversation/general',
          '_/conversation/general/0',
          '_/conversation/general/1',
        ])
      ).problems,
    ).toEqual([]);
  });

  it('[C7] what is not known is refused alone, and those behind it are stored', async () => {
    const store = await openMemoryStore();
    const { conversations } = over(store);
    const results = await Promise.all([
      conversations.command(ann, { ...command(1), action: { type: 'poll' } }),
      conversations.command(ann, {
        ...command(2),
        action: { type: 'send', body: { version: 2, text: '' } },
      }),
      conversations.command(ann, change(3, { type: 'pin', sequence: 1 })),
      conversations.command(ann, command(4)),
    ]);
    expect(results.map(sequenceOf)).toEqual([
      'command-unknown',
      'version-unknown',
      'message-unknown',
      1,
    ]);
  });
});
