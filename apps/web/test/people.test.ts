import { personColor } from '@weft/editor';
import { describe, expect, it } from 'vitest';
import { Awareness } from 'y-protocols/awareness';
import * as Y from 'yjs';
import { observePeople, peopleIn } from '../src/page/people.ts';

const me = { sub: 'ann' };
const user = (sub: string, name: string) => ({ user: { sub, name, color: '#123456' } });

describe('people here', () => {
  it('are each shown once, however many tabs they have, and without the viewer', () => {
    const states = new Map<number, unknown>([
      [1, user('ann', 'Ann')],
      [2, user('bea', 'Bea')],
      [3, user('bea', 'Bea')],
      [4, user('ada', 'Ada')],
    ]);
    expect(peopleIn(states, me).map(({ name }) => name)).toEqual(['Ada', 'Bea']);
  });

  it('have the colour of their sub, whatever a state claims', () => {
    const [bea] = peopleIn(new Map([[2, user('bea', 'Bea')]]), me);
    expect(bea?.color).toBe(personColor('bea'));
  });

  it('are nobody in states that name nobody', () => {
    const states = new Map<number, unknown>([
      [1, {}],
      [2, { user: 'Bea' }],
      [3, { user: { name: 'Bea' } }],
      [4, null],
      [5, { user: { sub: 7, name: {} } }],
    ]);
    expect(peopleIn(states, me)).toEqual([]);
  });

  it('are the same list while carets move', () => {
    const awareness = new Awareness(new Y.Doc());
    const people = observePeople(awareness, me);
    awareness.setLocalState(user('bea', 'Bea'));
    const before = people.get();
    awareness.setLocalStateField('cursor', { anchor: 1 });
    expect(people.get()).toBe(before);
    expect(before).toHaveLength(1);
    awareness.destroy();
  });
});
