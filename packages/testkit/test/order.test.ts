import { describe, expect, it } from 'vitest';
import { orderProblems } from '../src/order.ts';

const list = (...ids: readonly string[]) => ids.map((id, at) => ({ id, sequence: at + 1 }));
const lists = (own: Record<string, ReturnType<typeof list>>) => new Map(Object.entries(own));

describe('the order of messages', () => {
  it('is right where all see the same, and who sent finds theirs in order', () => {
    const seen = lists({ Ann: list('a', 'b', 'c'), Bea: list('a', 'b', 'c') });
    expect(orderProblems(seen, new Map([['Ann', ['a', 'c']]]))).toEqual([]);
    expect(orderProblems(new Map())).toEqual([]);
  });

  it('[C2] names the first place where two see something else', () => {
    expect(orderProblems(lists({ Ann: list('a', 'b'), Bea: list('a', 'c') }))).toEqual([
      'at place 2 Ann sees b, and Bea sees c',
    ]);
    expect(orderProblems(lists({ Ann: list('a'), Bea: list('a', 'c') }))).toEqual([
      'at place 2 Ann sees nothing, and Bea sees c',
    ]);
  });

  it('[C3] [C5] [C6] finds doubles, what is missing, what changed places, and gaps', () => {
    expect(orderProblems(lists({ Ann: list('a', 'a') }))).toEqual(['Ann sees a twice']);
    const sent = new Map([['Bea', ['b', 'a', 'x']]]);
    expect(orderProblems(lists({ Ann: list('a', 'b') }), sent)).toEqual([
      'Ann sees a before b, which Bea sent first',
      'Ann does not see x of Bea',
    ]);
    const gap = [
      { id: 'a', sequence: 1 },
      { id: 'c', sequence: 3 },
    ];
    expect(orderProblems(lists({ Ann: gap }))).toEqual(['Ann sees c (3) right after 1']);
  });
});
