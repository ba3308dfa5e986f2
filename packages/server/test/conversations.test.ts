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
      begun: () => {},
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

/** A command of one of both: their ids differ, and so do their devices. */
const own = (who: Principal, n: number): Command => ({
  ...command(who === ann ? n : 100 + n),
  device: `of-${who.sub}`,
});

const sequenceOf = (result: Ack['result']) =>
  result.outcome === 'stored' ? result.sequence : result.code;

describe('commands', () => {
  it('reads a conversation once, and not for each message that is sent in it', async () => {
    const store = await openMemoryStore();
    let reads = 0;
    const log: Store['log'] = {
      append: (entries) => store.log.append(entries),
      find: (stream, key) => store.log.find(stream, key),
      head: (stream) => {
        reads += 1;
        return store.log.head(stream);
      },
      read: (...asked) => {
        reads += 1;
        return store.log.read(...asked);
      },
      snapshot: (stream) => store.log.snapshot(stream),
      putSnapshot: (...asked) => store.log.putSnapshot(...asked),
      trim: (stream) => store.log.trim(stream),
      claim: (...asked) => store.log.claim(...asked),
    };
    const { conversations } = over({ ...store, log });
    await conversations.command(ann, command(1));
    expect(reads).toBeGreaterThan(0);
    reads = 0;
    for (let n = 2; n <= 20; n += 1) {
      expect(await conversations.command(ann, command(n))).toMatchObject({ sequence: n });
    }
    expect(reads).toBe(0);
  });

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

  it('[C3] the same id with another text, or of another author, is refused, also once it was stored by a server of before', async () => {
    const store = await openMemoryStore();
    const { conversations } = over(store);
    await conversations.command(ann, command(1));
    expect(sequenceOf(await conversations.command(ann, command(1, { text: 'changed' })))).toBe(
      'command-id-reused',
    );
    expect(sequenceOf(await conversations.command(bea, command(1)))).toBe('command-id-reused');
    const [record] = await store.log.read('_/conversation/general', 0, 1);
    if (record === undefined) throw new Error('Nothing was stored.');
    const old = await openMemoryStore();
    const { key, ...rest } = record;
    await old.log.append([{ ...rest, key: `ann/${key ?? ''}` }]);
    const later = over(old).conversations;
    expect(sequenceOf(await later.command(ann, command(1)))).toBe(1);
    expect(sequenceOf(await later.command(ann, command(2)))).toBe(2);
    expect((await checkContents(old.log, ['_/conversation/general'])).messages).toBe(2);
  });

  it('[C3] whoever sends under whichever ids, at once or later, an id belongs to one author and shows once', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            who: fc.constantFrom(ann, bea),
            n: fc.integer({ min: 1, max: 5 }),
            wait: fc.boolean(),
          }),
          { minLength: 1, maxLength: 25 },
        ),
        async (sends) => {
          const store = await openMemoryStore();
          const { conversations } = over(store);
          const pending: {
            readonly who: string;
            readonly n: number;
            readonly result: Promise<Ack['result']>;
          }[] = [];
          for (const { who, n, wait } of sends) {
            const result = conversations.command(who, command(n));
            pending.push({ who: who.sub, n, result });
            if (wait) await result;
          }
          const stored = await messages(store);
          await Promise.all(pending.map(({ result }) => result));
          const owners = new Map((await messages(store)).map(({ id, author }) => [id, author]));
          expect(owners.size).toBe((await messages(store)).length);
          expect(stored.every(({ id, author }) => owners.get(id) === author)).toBe(true);
          for (const { who, n, result } of pending) {
            const mine = owners.get(command(n).id) === who;
            expect(sequenceOf(await result) === 'command-id-reused').toBe(!mine);
          }
        },
      ),
      { seed: 3, numRuns: 80 },
    );
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
              side.conversations.command(who, own(who, n)),
              side.conversations.command(who, own(who, n)),
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

  it('[C16] [C4] a document lists its threads before anything is said beside it, and after a restart', async () => {
    const store = await openMemoryStore();
    const first = over(store);
    const anchor = '01J00000000000000000000099';
    const results = await Promise.all([
      first.conversations.command(ann, change(1, { type: 'thread', anchor, quote: 'warp' })),
      first.conversations.command(bea, change(2, { type: 'resolve', anchor })),
      first.conversations.command(
        bea,
        change(3, { type: 'resolve', anchor: anchor.replace(/9$/, '8') }),
      ),
      first.conversations.command(bea, command(4)),
      first.conversations.command(ann, change(1, { type: 'thread', anchor, quote: 'warp' })),
    ]);
    expect(results.map(sequenceOf)).toEqual([0, 0, 'thread-unknown', 1, 0]);
    expect(first.heads[0]).toMatchObject({ event: 1, sequence: 0, segment: 0 });
    const second = over(store);
    await second.conversations.command(ann, change(5, { type: 'reopen', anchor }));
    await second.conversations.command(ann, command(6));
    expect(await messages(store)).toMatchObject([{ sequence: 1 }, { sequence: 2 }]);
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
