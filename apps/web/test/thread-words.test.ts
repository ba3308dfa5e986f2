import { NO_HISTORY, type StoredItem } from '@weft/client';
import { describe, expect, it } from 'vitest';
import { unreadWords } from '../src/sidebar/unread-badge.tsx';
import { byWords, countWords, newestOf, quoteWords } from '../src/threads/words.ts';

const me = { sub: 'ann' };
const message = {
  id: '01J',
  sequence: 3,
  revision: 1,
  author: 'bea',
  name: 'Bea',
  at: 5,
  sentAt: 4,
  body: { version: 1, text: 'At 4 MiB.' },
} as const;
const history = (item: StoredItem) => ({ ...NO_HISTORY, length: 3, at: () => item });

describe('the words of threads', () => {
  it('name what one is about, and who did something', () => {
    expect(quoteWords({ quote: 'warp' })).toBe('warp');
    expect(quoteWords({ quote: '' })).toBe('The whole document');
    expect(byWords({ by: 'ann', name: 'Ann' }, me)).toBe('by you');
    expect(byWords({ by: 'bea', name: 'Bea' }, me)).toBe('by Bea');
    expect(byWords({ by: 'bea', name: '' }, me)).toBe('by Somebody');
    expect([1, 2].map(countWords)).toEqual(['1 message', '2 messages']);
  });

  it('tell the newest that was said, and nothing of what was deleted', () => {
    const stored: StoredItem = { state: 'stored', id: '01J', message };
    expect(newestOf(NO_HISTORY, me)).toBeUndefined();
    expect(newestOf(history(stored), me)).toEqual({ name: 'Bea', text: 'At 4 MiB.', at: 5 });
    const deleted = { ...message, deleted: { by: 'bea', at: 6 } };
    expect(newestOf(history({ ...stored, message: deleted }), me)?.text).toBe('Message deleted');
  });

  it('say what is unread, and that it is more where not all of it is here', () => {
    expect(unreadWords({ count: 3, uncounted: 0, mentions: 0 })).toBe('3 unread');
    expect(unreadWords({ count: 3, uncounted: 0, mentions: 1 })).toBe('3 unread, 1 for you');
    expect(unreadWords({ count: 900, uncounted: 512, mentions: 0 })).toBe('More than 900 unread');
  });
});
