import { describe, expect, it } from 'vitest';
import { QUERY_MAX, findWords, readQuery, searchWords } from '../src/index.ts';

describe('words of a search', () => {
  it('[F1] have no case and no marks, in any script', () => {
    expect(searchWords('Crème brûlée, STRASSE & Straße')).toEqual([
      'creme',
      'brulee',
      'strasse',
      'strasse',
    ]);
    expect(searchWords('İstanbul ISTANBUL Łódź Ærø')).toEqual([
      'istanbul',
      'istanbul',
      'lodz',
      'aero',
    ]);
    expect(searchWords('Ёлка ЁЛКА й')).toEqual(['елка', 'елка', 'и']);
    expect(searchWords('ΟΔΟΣ οδός')).toEqual(['οδοσ', 'οδοσ']);
    // Composed or not, full width or not.
    expect(searchWords('e\u0301 é ＡＢＣ ﬁn')).toEqual(['e', 'e', 'abc', 'fin']);
  });

  it('part at all that is no letter and no digit', () => {
    expect(searchWords("it's snake_case, a@b.example/x?y=1 — 3.14")).toEqual([
      ...['it', 's', 'snake', 'case', 'a', 'b', 'example', 'x', 'y', '1', '3', '14'],
    ]);
    expect(searchWords(' \n\t…!?"*()')).toEqual([]);
  });

  it('are single letters where a script puts no spaces, so that the middle of a line is found', () => {
    expect(searchWords('東京で会う meet')).toEqual(['東', '京', 'て\u3099', '会', 'う', 'meet']);
    expect(searchWords('हिन्दी')).toHaveLength(1);
  });
});

describe('a query', () => {
  const words = (query: string) => {
    const read = readQuery(query);
    return read.outcome === 'words' ? read.words : read.code;
  };

  it('is words, whatever operators it would have elsewhere', () => {
    expect(words('"Release AND notes" NEAR/2 -draft*')).toEqual([
      ...['release', 'and', 'notes', 'near', '2', 'draft'],
    ]);
  });

  it('asks for each word once, and not for what another one goes on from', () => {
    expect(words('plan planning PLAN')).toEqual(['planning']);
  });

  it('is refused with a code where there is no word in it, or too much', () => {
    for (const empty of ['', '   ', '"', '*', "'); DROP TABLE texts; --".replaceAll(/\w/g, '')]) {
      expect([empty, words(empty)]).toEqual([empty, 'query-empty']);
    }
    expect(words('x'.repeat(QUERY_MAX + 1))).toBe('query-too-long');
    expect(words(Array.from({ length: 13 }, (_, at) => `${at}x`).join(' '))).toBe('query-too-long');
  });
});

describe('where words stand in a text', () => {
  const marked = (text: string, ...asked: readonly string[]) =>
    findWords(text, asked).map(({ start, end }) => text.slice(start, end));

  it('is told by the letters that were written', () => {
    expect(marked('Das Café in der Straße', 'cafe', 'stras')).toEqual(['Café', 'Straß']);
    expect(marked('Cafe\u0301s', 'cafe')).toEqual(['Cafe\u0301']);
    expect(marked('planning the plan', 'pl')).toEqual(['pl', 'pl']);
    expect(marked('explain', 'pl')).toEqual([]);
    expect(marked('東京で', '京')).toEqual(['京']);
    expect(marked('👍 ok', 'ok')).toEqual(['ok']);
  });
});
