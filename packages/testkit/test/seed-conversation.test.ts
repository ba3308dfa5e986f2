import {
  SEGMENT_ROOT,
  SEGMENT_SIZE,
  conversationEventSchema,
  messageSchema,
  streamName,
} from '@weft/protocol';
import { openMemoryStore } from '@weft/storage/memory';
import * as v from 'valibot';
import { expect, it } from 'vitest';
import * as Y from 'yjs';
import { seedConversation } from '../src/index.ts';

const OPTIONS = {
  conversation: 'loom',
  messages: SEGMENT_SIZE + 3,
  people: [
    { sub: 'ann', name: 'Ann' },
    { sub: 'bea', name: 'Bea' },
  ],
  from: Date.UTC(2025, 0, 1),
  to: Date.UTC(2026, 0, 1),
};

async function seeded() {
  const { log, texts } = await openMemoryStore();
  await seedConversation(log, OPTIONS);
  const read = async (segment?: number) => {
    const at = { kind: 'conversation', id: 'loom' } as const;
    const records = await log.read(
      streamName('_', segment === undefined ? at : { ...at, segment }),
      0,
      10_000,
    );
    return records.map(({ bytes }) => bytes);
  };
  // Each text begins with its message's number.
  const found = await texts?.find({ scope: '_', words: ['515'], limit: 10 });
  return { events: await read(), segments: [await read(0), await read(1)], found };
}

it('[C1] [C11] [F1] a seeded conversation is one that a server could have written', async () => {
  const { events, segments, found } = await seeded();
  const read = events.map((bytes) =>
    v.parse(conversationEventSchema, JSON.parse(new TextDecoder().decode(bytes))),
  );
  expect(read.map(({ event, sequence }) => [event, sequence])).toEqual(
    Array.from({ length: OPTIONS.messages }, (_, index) => [index + 1, index + 1]),
  );
  const shown = segments.map((updates) => {
    const doc = new Y.Doc();
    for (const update of updates) Y.applyUpdate(doc, update);
    return [...doc.getMap(SEGMENT_ROOT).values()].map((value) => v.parse(messageSchema, value));
  });
  expect(shown.map(({ length }) => length)).toEqual([SEGMENT_SIZE, 3]);
  expect(shown[0]?.at(0)?.at).toBe(OPTIONS.from);
  expect(shown[1]?.at(-1)?.at).toBe(OPTIONS.to);
  expect(found).toMatchObject([{ stream: '_/conversation/loom', item: OPTIONS.messages }]);
});

it('the same options write the same bytes', async () => {
  expect(await seeded()).toEqual(await seeded());
});
