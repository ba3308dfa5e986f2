import type { ConversationMembers, DirectConversation, Receipt } from '@weft/client';
import { describe, expect, it } from 'vitest';
import { findPeople, knownPeople } from '../src/direct/known-people.ts';
import { directEntries } from '../src/direct/use-directs.ts';

const still = <T>(value: T) => ({ get: () => value, subscribe: () => () => {} });

function told(receipts: readonly (readonly [string, string])[], members: readonly string[] = []) {
  const seen: readonly Receipt[] = receipts.map(([person, name]) => ({
    person,
    name,
    delivered: 0,
    read: 0,
  }));
  const view: ConversationMembers = {
    members: members.map((person) => ({ person, name: `old ${person}`, since: 1 })),
    own: { state: 'out' },
  };
  return { receipts: still(seen), members: still(view) };
}

describe('people who can be written to', () => {
  it('are those seen anywhere, each once under their newest name, without oneself', () => {
    const people = knownPeople(
      [
        told([['ann', 'Ann']], ['bea']),
        told([
          ['bea', 'Bea'],
          ['dan', 'Dan'],
        ]),
      ],
      [
        { sub: 'eve', name: 'Eve' },
        { sub: 'fay', name: '' },
      ],
      'ann',
    );
    expect(people).toEqual([
      { sub: 'bea', name: 'Bea' },
      { sub: 'dan', name: 'Dan' },
      { sub: 'eve', name: 'Eve' },
    ]);
  });

  it('are found by any part of their names', () => {
    const people = ['Ann Lee', 'Lea', 'Bea'].map((name) => ({ sub: name, name }));
    expect(findPeople(people, ' le').map(({ name }) => name)).toEqual(['Ann Lee', 'Lea']);
    expect(findPeople(people, '')).toBe(people);
    expect(findPeople(people, 'ea')).toEqual([]);
  });
});

describe('direct conversations in the sidebar', () => {
  const direct = (person: string, name: string, begun = true): DirectConversation => ({
    conversation: `direct-${person}`,
    person,
    name,
    at: 0,
    begun,
  });

  it('are those that have begun, and the one on the screen, by name', () => {
    const list = [direct('eve', 'Eve'), direct('dan', '', true), direct('bea', 'Bea', false)];
    const people = [{ sub: 'eve', name: 'Abigail' }];
    const names = (shown?: string) =>
      directEntries(list, people, shown).map(({ person }) => person.name);
    expect(names()).toEqual(['Abigail', 'Somebody']);
    expect(names('direct-bea')).toEqual(['Abigail', 'Bea', 'Somebody']);
  });
});
