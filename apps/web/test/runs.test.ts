import { describe, expect, it } from 'vitest';
import { runsOf } from '../src/conversation/runs.ts';

describe('runs of a message', () => {
  it('are one run without ranges, and none of an empty text', () => {
    expect(runsOf({ version: 1, text: 'plain' })).toEqual([{ text: 'plain', start: 0, types: [] }]);
    expect(runsOf({ version: 1, text: '' })).toEqual([]);
  });

  it('are cut where ranges begin, overlap and end', () => {
    const runs = runsOf({
      version: 1,
      text: 'abcdef',
      ranges: [
        { type: 'bold', start: 0, end: 4 },
        { type: 'italic', start: 2, end: 6 },
      ],
    });
    expect(runs.map(({ text, types }) => [text, types])).toEqual([
      ['ab', ['bold']],
      ['cd', ['bold', 'italic']],
      ['ef', ['italic']],
    ]);
  });

  it('lead only to addresses that are safe to open', () => {
    const href = (value: string) =>
      runsOf({ version: 1, text: 'x', ranges: [{ type: 'link', start: 0, end: 1, value }] })[0]
        ?.href;
    expect(href('https://example.org/a')).toBe('https://example.org/a');
    expect(href('mailto:ann@example.org')).toBe('mailto:ann@example.org');
    expect(href('javascript:alert(1)')).toBeUndefined();
    expect(href('data:text/html,x')).toBeUndefined();
    expect(href('/relative')).toBeUndefined();
  });

  it('forgive ranges beyond the text', () => {
    const runs = runsOf({
      version: 1,
      text: 'ab',
      ranges: [{ type: 'bold', start: 1, end: 9 }],
    });
    expect(runs.map(({ text }) => text).join('')).toBe('ab');
  });
});
