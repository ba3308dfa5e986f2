import { describe, expect, it } from 'vitest';
import {
  completeMention,
  suggestMentions,
  typedMention,
} from '../src/conversation/suggest-mentions.ts';

const PEOPLE = [
  { sub: '1', name: 'Ann Lee' },
  { sub: '2', name: 'Ann' },
  { sub: '3', name: 'Bea Anders' },
  { sub: '4', name: 'Çelik' },
  { sub: '5', name: '' },
];
const names = (typed: string) => suggestMentions(PEOPLE, typed).map(({ name }) => name);

describe('a mention that is being typed', () => {
  it('stands behind the @ next to the caret', () => {
    expect(typedMention('Ask @an', 7)).toEqual({ from: 4, typed: 'an' });
    expect(typedMention('Ask @an today', 7)).toEqual({ from: 4, typed: 'an' });
    expect(typedMention('@', 1)).toEqual({ from: 0, typed: '' });
    expect(typedMention('(@be', 4)).toEqual({ from: 1, typed: 'be' });
    expect(typedMention('@Ann and @be', 12)).toEqual({ from: 9, typed: 'be' });
  });

  it('is none in an address, before the @, behind a space of its own or on another line', () => {
    expect(typedMention('ann@example', 11)).toBeUndefined();
    expect(typedMention('Ask @an', 4)).toBeUndefined();
    expect(typedMention('5 @ 3', 5)).toBeUndefined();
    expect(typedMention('@an\nso', 6)).toBeUndefined();
    expect(typedMention('', 0)).toBeUndefined();
  });

  it('finds people by the beginning of a name, then of any part of it, whatever the case', () => {
    expect(names('an')).toEqual(['Ann', 'Ann Lee', 'Bea Anders']);
    expect(names('ANN L')).toEqual(['Ann Lee']);
    expect(names('ç')).toEqual(['Çelik']);
    expect(names('nn')).toEqual([]);
    expect(names('')).toEqual(['Ann', 'Ann Lee', 'Bea Anders', 'Çelik']);
  });

  it('is completed in its place, with one space behind it', () => {
    const text = 'Ask @an today';
    const mention = typedMention(text, 7);
    if (mention === undefined) throw new Error('There is one.');
    expect(completeMention(text, mention, 'Ann Lee')).toEqual({
      text: 'Ask @Ann Lee today',
      caret: 13,
    });
    expect(completeMention('@a', { from: 0, typed: 'a' }, 'Ann')).toEqual({
      text: '@Ann ',
      caret: 5,
    });
  });
});
