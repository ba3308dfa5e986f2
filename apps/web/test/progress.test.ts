import { type Receipt, type Unread, furthestOf } from '@weft/protocol';
import { describe, expect, it } from 'vitest';
import { namesOf } from '../src/conversation/progress.ts';
import { nextDivider } from '../src/conversation/use-reading.ts';

const receipt = (person: string, delivered: number, read: number): Receipt => ({
  person,
  name: person,
  delivered,
  read,
});

describe('how far a message got', () => {
  it('[C8] goes by whoever is furthest, and never by the author’s own devices', () => {
    const receipts = [receipt('ann', 9, 9), receipt('bea', 5, 2), receipt('cem', 4, 3)];
    expect(furthestOf(receipts, 'ann')).toEqual({ delivered: 5, read: 3 });
    expect(furthestOf([receipt('ann', 9, 9)], 'ann')).toEqual({ delivered: 0, read: 0 });
  });

  it('names few in full and many by number', () => {
    expect([[], ['A'], ['A', 'B'], ['A', 'B', 'C'], ['A', 'B', 'C', 'D']].map(namesOf)).toEqual([
      '',
      'A',
      'A and B',
      'A, B and C',
      'A, B and 2 others',
    ]);
  });
});

describe('the line over what is new', () => {
  const unread = (count: number, after: number): Unread => ({
    count,
    uncounted: 0,
    after,
    mentions: 0,
    messages: [],
  });

  it('stands where reading ended when the conversation opens, though somebody looks at it', () => {
    expect(nextDivider(undefined, unread(3, 7), true, false)).toBe(7);
    expect(nextDivider(undefined, unread(0, 7), true, false)).toBeUndefined();
  });

  it('stays while one reads, and goes to what comes when nobody looks', () => {
    expect(nextDivider(7, unread(0, 10), true, true)).toBe(7);
    expect(nextDivider(7, unread(1, 10), true, true)).toBe(7);
    expect(nextDivider(7, unread(1, 10), false, true)).toBe(10);
  });
});
