import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Message,
  type Receipt,
  clampWatermarks,
  mergeReceipts,
  mergeWatermarks,
  progressOf,
  seenBy,
  unreadOf,
} from '../src/index.ts';
import { seeded } from './seeded.ts';

const marks = fc.record({
  delivered: fc.integer({ min: 0, max: 20 }),
  read: fc.integer({ min: 0, max: 20 }),
});
const receipt = fc
  .record({ person: fc.constantFrom('ann', 'bea', 'cy') })
  .chain(({ person }) => marks.map((both): Receipt => ({ person, name: person, ...both })));

function message(sequence: number, author: string, more: Partial<Message> = {}): Message {
  return {
    id: `m${sequence}`,
    sequence,
    revision: 1,
    author,
    name: author,
    at: 0,
    sentAt: 0,
    body: { version: 1, text: 'text' },
    ...more,
  };
}

const byPerson = (receipts: readonly Receipt[]) =>
  receipts.toSorted((a, b) => (a.person < b.person ? -1 : 1));

describe('receipts', () => {
  it('[C8] in any order and however often they are heard, everybody ends where they are', () => {
    fc.assert(
      fc.property(fc.array(receipt, { maxLength: 20 }), fc.nat(), (heard, turn) => {
        const at = heard.length === 0 ? 0 : turn % heard.length;
        const one = heard.reduce<readonly Receipt[]>(
          (known, each) => mergeReceipts(known, [each]),
          [],
        );
        const other = mergeReceipts(
          mergeReceipts([], [...heard.slice(at), ...heard.slice(0, at)]),
          heard,
        );
        expect(byPerson(other)).toEqual(byPerson(one));
        expect(mergeReceipts(one, heard)).toBe(one);
        for (const { person, delivered, read } of one) {
          const own = heard.filter((each) => each.person === person);
          expect(read).toBe(Math.max(...own.map((each) => each.read)));
          expect(delivered).toBe(Math.max(...own.flatMap((each) => [each.delivered, each.read])));
        }
      }),
      { ...seeded, numRuns: 500 },
    );
  });

  it('[C8] a mark is at most the head, and never falls', () => {
    fc.assert(
      fc.property(marks, marks, fc.integer({ min: 0, max: 20 }), (before, claimed, head) => {
        const next = clampWatermarks(claimed, head);
        expect(next.delivered).toBeLessThanOrEqual(head);
        expect(next.read).toBeLessThanOrEqual(next.delivered);
        const merged = mergeWatermarks(before, next);
        expect(merged.read).toBeGreaterThanOrEqual(before.read);
        expect(merged.delivered).toBeGreaterThanOrEqual(before.delivered);
      }),
      seeded,
    );
  });

  it('a message is stored, then delivered, then read: by anybody but its author', () => {
    const own = { person: 'ann', name: 'Ann', delivered: 9, read: 9 };
    const bea = { person: 'bea', name: 'Bea', delivered: 3, read: 1 };
    const cy = { person: 'cy', name: 'Cy', delivered: 2, read: 2 };
    const at = (sequence: number) => progressOf([own, bea, cy], message(sequence, 'ann'));
    expect([1, 2, 3, 4].map(at)).toEqual(['read', 'read', 'delivered', 'stored']);
    expect(seenBy([own, bea, cy], message(2, 'ann')).map(({ person }) => person)).toEqual(['cy']);
  });

  it('what is unread says why', () => {
    const mention = { type: 'mention', start: 0, end: 4, value: 'ann' } as const;
    const messages = new Map(
      [
        message(1, 'ann'),
        message(2, 'bea'),
        message(3, 'bea', { body: { version: 1, text: 'text', ranges: [mention] } }),
        message(4, 'ann'),
        message(5, 'bea', { deleted: { by: 'bea', at: 0 } }),
        message(6, 'cy', { reply: 1 }),
        message(8, 'cy'),
      ].map((each) => [each.sequence, each]),
    );
    expect(unreadOf(messages, 1, 'ann')).toEqual({
      count: 3,
      uncounted: 0,
      mentions: 2,
      after: 1,
      messages: [
        { id: 'm2', sequence: 2, because: 'message' },
        { id: 'm3', sequence: 3, because: 'mention' },
        { id: 'm6', sequence: 6, because: 'reply' },
      ],
    });
    // The older ones are not here: how many there are is said, and not who they are by.
    const recent = new Map([...messages].filter(([at]) => at >= 5));
    expect(unreadOf(recent, 1, 'ann', 5)).toMatchObject({ uncounted: 3, after: 1 });
    expect(unreadOf(recent, 1, 'ann', 5).messages.map(({ sequence }) => sequence)).toEqual(
      unreadOf(messages, 4, 'ann').messages.map(({ sequence }) => sequence),
    );
    expect(unreadOf(messages, 6, 'ann').count).toBe(0);
  });
});
