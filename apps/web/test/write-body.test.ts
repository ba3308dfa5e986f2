import { judgeBody } from '@weft/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { typedText, writeBody } from '../src/conversation/write-body.ts';

const PEOPLE = [
  { sub: 'ann', name: 'Ann' },
  { sub: 'lee', name: 'Ann Lee' },
  { sub: 'bea', name: 'Béa' },
];

/** What lies under each range. */
function rangesOf(text: string) {
  const body = writeBody(text, PEOPLE);
  return (body.ranges ?? []).map(({ type, start, end, value }) =>
    [type, body.text.slice(start, end), value].filter((each) => each !== undefined),
  );
}

describe('what was typed', () => {
  it('has its addresses as links, without the punctuation behind them', () => {
    expect(rangesOf('See https://example.org/a?b=1, and (http://example.org).')).toEqual([
      ['link', 'https://example.org/a?b=1', 'https://example.org/a?b=1'],
      ['link', 'http://example.org', 'http://example.org'],
    ]);
    expect(rangesOf('javascript:alert(1) ftp://example.org')).toEqual([]);
  });

  it('mentions whoever is named behind an @, the longest name first', () => {
    expect(rangesOf('@ann lee and @Béa, not @Annabel nor me@ann')).toEqual([
      ['mention', '@ann lee', 'lee'],
      ['mention', '@Béa', 'bea'],
    ]);
  });

  it('leaves what stands between back-ticks as code', () => {
    expect(rangesOf('run `curl https://example.org @ann` now')).toEqual([
      ['code', 'curl https://example.org @ann'],
    ]);
    expect(writeBody('run `ls` now', PEOPLE).text).toBe('run ls now');
  });

  it('is a body that the server takes, whatever it was', () => {
    const part = fc.constantFrom(
      '@Ann',
      '@ann lee',
      'https://x.org/',
      '`',
      ' ',
      '\r\n',
      'é',
      '.',
      '👍',
    );
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 40 }), (parts) => {
        const body = writeBody(`x${parts.join('')}`, PEOPLE);
        expect(judgeBody(body)).toBeUndefined();
        // Whoever edits it and changes nothing sends the same.
        expect(writeBody(typedText(body), PEOPLE)).toEqual(body);
      }),
      { seed: 5, numRuns: 500 },
    );
  });
});
