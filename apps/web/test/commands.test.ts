import { describe, expect, it } from 'vitest';
import { type Command, findCommands } from '../src/command/commands.ts';

const all: readonly Command[] = [
  'Notes on sync',
  'Gateway spec',
  'Spec',
  'general',
  'Ünder way',
].map((title, index) => ({ id: String(index), group: 'Documents', title, run: () => {} }));
const titles = (query: string) => findCommands(all, query).map(({ title }) => title);

describe('the command menu', () => {
  it('shows all, in their order, while nothing is asked', () => {
    expect(titles(' ')).toEqual(all.map(({ title }) => title));
  });

  it('puts what begins with the query first, then words that do, then letters in order', () => {
    expect(titles('spec')).toEqual(['Spec', 'Gateway spec']);
    expect(titles('way')).toEqual(['Ünder way', 'Gateway spec']);
    expect(titles('gsp')).toEqual(['Gateway spec']);
    expect(titles('ünder')).toEqual(['Ünder way']);
  });

  it('finds nothing where there is nothing', () => {
    expect(titles('zzz')).toEqual([]);
  });
});
