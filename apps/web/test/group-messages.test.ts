import type { Message, SentEntry, TimelineItem } from '@weft/protocol';
import { describe, expect, it } from 'vitest';
import { lastEditable } from '../src/conversation/composer-mode.ts';
import { groupMessages, isMembership } from '../src/conversation/group-messages.ts';
import { markOf } from '../src/conversation/progress.ts';

const ME = { sub: 'ann', name: 'Ann' };
const MINUTE = 60_000;

/** Days of 24 hours from 0: what a day is, is the caller's to say. */
const dayOf = (at: number) => String(Math.floor(at / (24 * 60 * MINUTE)));

function stored(sequence: number, author: string, at: number, name = author): TimelineItem {
  const message: Message = {
    id: `m${sequence}`,
    sequence,
    revision: 1,
    author,
    name,
    at,
    sentAt: at,
    body: { version: 1, text: `text ${sequence}` },
  };
  return { state: 'stored', id: message.id, message };
}

function command(id: string, at: number): SentEntry['command'] {
  return {
    type: 'command',
    id,
    device: 'd',
    counter: 1,
    conversation: 'c',
    at,
    action: { type: 'send', body: { version: 1, text: 'mine' } },
  };
}

function queued(id: string, at: number): TimelineItem {
  return { state: 'queued', id, entry: { command: command(id, at), state: { state: 'queued' } } };
}

describe('rows of a conversation', () => {
  it('name a person once for lines within five minutes of each other', () => {
    const rows = groupMessages(
      [stored(1, 'bea', 0), stored(2, 'bea', MINUTE), stored(3, 'bea', 7 * MINUTE)],
      ME,
      dayOf,
    );
    expect(rows.map(({ opensGroup }) => opensGroup)).toEqual([true, false, true]);
  });

  it('name whoever speaks next, and the same person under a new name', () => {
    const rows = groupMessages(
      [
        stored(1, 'bea', 0),
        stored(2, 'ann', 1),
        stored(3, 'bea', 2),
        stored(4, 'bea', 3, 'Beatrix'),
      ],
      ME,
      dayOf,
    );
    expect(rows.map(({ opensGroup }) => opensGroup)).toEqual([true, true, true, true]);
  });

  it('name a person again behind a line that says who came', () => {
    const came = stored(2, 'bea', 1);
    if (came.state !== 'stored') throw new Error('It is stored.');
    const line = {
      ...came,
      message: { ...came.message, membership: { change: 'joined' } },
    } as const;
    const rows = groupMessages([stored(1, 'bea', 0), line, stored(3, 'bea', 2)], ME, dayOf);
    expect(rows.map(({ opensGroup }) => opensGroup)).toEqual([true, true, true]);
    expect(rows.map((row) => isMembership(row))).toEqual([false, true, false]);
  });

  it('are not there to be edited or marked where they say that one came oneself', () => {
    const came = stored(2, 'ann', 1);
    if (came.state !== 'stored') throw new Error('It is stored.');
    const line = {
      ...came,
      message: { ...came.message, membership: { change: 'joined' } },
    } as const;
    const rows = groupMessages([stored(1, 'ann', 0), line], ME, dayOf);
    expect(lastEditable(rows)?.id).toBe('m1');
    expect(rows.map((row) => markOf(row, { delivered: 2, read: 2 }))).toEqual(['read', undefined]);
  });

  it('open each day once', () => {
    const late = 24 * 60 * MINUTE - 1;
    const rows = groupMessages(
      [stored(1, 'bea', late), stored(2, 'bea', late + 1), stored(3, 'bea', late + 2)],
      ME,
      dayOf,
    );
    expect(rows.map(({ opensDay }) => opensDay)).toEqual([true, true, false]);
    expect(rows[1]?.opensGroup).toBe(true);
  });

  it('[C7] keep a message in its place and under its id from queued to stored', () => {
    const before = groupMessages([stored(1, 'bea', 0), queued('m2', 10)], ME, dayOf);
    const after = groupMessages([stored(1, 'bea', 0), stored(2, 'ann', 12, 'Ann')], ME, dayOf);
    const place = (rows: typeof before) =>
      rows.map(({ id, author, own, opensDay, opensGroup }) => ({
        id,
        author,
        own,
        opensDay,
        opensGroup,
      }));
    expect(place(after)).toEqual(place(before));
    expect([before[1]?.state, after[1]?.state]).toEqual(['queued', 'stored']);
  });

  it('carry the reason of a failed message', () => {
    const failed: TimelineItem = {
      state: 'failed',
      id: 'f',
      code: 'forbidden',
      reason: 'You have no access to this.',
      entry: {
        command: command('f', 5),
        state: { state: 'failed', code: 'forbidden', message: 'You have no access to this.' },
      },
    };
    expect(groupMessages([failed], ME, dayOf)).toMatchObject([
      { id: 'f', state: 'failed', own: true, reason: 'You have no access to this.' },
    ]);
  });
});
