import type { SearchResults } from '@weft/client';
import { threadId } from '@weft/protocol';
import { describe, expect, it } from 'vitest';
import { placeOf, nothingLine, searchedLine, snippetOf, titlesWith } from '../src/search/words.ts';

const entries = [
  { id: 'plan', kind: 'document', title: 'The Café plan', order: 1 },
  { id: 'general', kind: 'channel', title: 'general', order: 2 },
] as const;
const directs = [{ id: 'direct-1', person: { sub: 'bea', name: 'Bea' } }];

describe('the place of a message that was found', () => {
  it('has the name that the directory gives it, and a path that leads to the message', () => {
    const place = (conversation: string) =>
      placeOf({ conversation, sequence: 7 }, entries, directs);
    expect(place('general')).toEqual({
      ...{ name: 'general', kind: 'channel', path: '/c/general#message-7' },
    });
    expect(place('plan')).toEqual({
      ...{ name: 'The Café plan', kind: 'document', path: '/d/plan#message-7' },
    });
    const anchor = '01J00000000000000000000001';
    expect(place(threadId('plan', anchor) ?? '')).toEqual({
      ...{ name: 'Thread in The Café plan', kind: 'thread' },
      path: `/d/plan/threads/${anchor}#message-7`,
    });
    expect(place('not-listed')).toMatchObject({
      name: 'Untitled',
      path: '/c/not-listed#message-7',
    });
  });
});

describe('titles', () => {
  it('are found by the beginnings of their words', () => {
    const found = (...words: string[]) => titlesWith(entries, words).map(({ path }) => path);
    expect(found('cafe', 'pl')).toEqual(['/d/plan']);
    expect(found('afe')).toEqual([]);
    expect(found()).toEqual([]);
  });
});

describe('what is shown of a message', () => {
  const shown = (text: string, ...words: string[]) =>
    snippetOf(text, words)
      .map((stretch) => (stretch.marked ? `[${stretch.text}]` : stretch.text))
      .join('');

  it('marks the words, as they were written', () => {
    expect(shown('The Café opens', 'cafe', 'op')).toBe('The [Café] [op]ens');
  });

  it('begins a little before the first of them, and at a word', () => {
    const long = `${'far away '.repeat(40)}the needle is here`;
    expect(shown(long, 'needle')).toBe('…away far away far away far away the [needle] is here');
    expect(shown('x '.repeat(400), 'none')).toHaveLength(201);
  });
});

describe('where nothing is found', () => {
  const DEVICE = { state: 'searched', have: 2, of: 2 } as const;
  const line = (change: Partial<SearchResults>) =>
    nothingLine({
      ...{ hits: [], more: false, words: ['x'], device: DEVICE, server: { state: 'searched' } },
      ...change,
    });

  it('no message has the words only once the server has answered, and the device too', () => {
    expect(line({})).toBe('No message has these words');
    expect(line({ device: { state: 'searching', have: 1, of: 2 } })).toBeUndefined();
    expect(line({ device: { state: 'failed', code: 'device-failed' } })).toBe(
      'No message has these words',
    );
  });

  it('else it is said of this device, with what is still to come', () => {
    expect(line({ server: { state: 'searching' } })).toMatch(/^No message on this .* being asked/);
    expect(line({ server: { state: 'offline' } })).toMatch(/^No message on this .* are online/);
    expect(line({ server: { state: 'failed', code: 'storage-failed' } })).toMatch(
      /^No message on this device .* could not be asked/,
    );
    expect(
      line({
        device: { state: 'failed', code: 'device-failed' },
        server: { state: 'searching' },
      }),
    ).toBeUndefined();
    expect(line({ words: [] })).toBe('Type a word to search for');
  });
});

describe('the line below', () => {
  const line = (change: Partial<SearchResults>) =>
    searchedLine({
      ...{ hits: [], more: false, words: ['x'] },
      device: { state: 'searched', have: 2, of: 2 },
      server: { state: 'searched' },
      ...change,
    });

  it('says what was searched, and what was not', () => {
    expect(line({})).toBe('0 messages · everywhere you may read');
    expect(line({ server: { state: 'offline' } })).toBe(
      '0 messages on this device · the rest is searched when you are online',
    );
    expect(line({ server: { state: 'searching' } })).toBe(
      '0 messages on this device · asking the server',
    );
    expect(
      line({
        device: { state: 'searching', have: 3, of: 9 },
        server: { state: 'searching' },
      }),
    ).toBe('Searching this device · 3 of 9');
    expect(line({ server: { state: 'failed', code: 'storage-failed' } })).toMatch(/on this device/);
    expect(line({ device: { state: 'failed', code: 'device-failed' } })).toMatch(
      /this device cannot be read/,
    );
  });
});
