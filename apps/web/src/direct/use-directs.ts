import type { DirectConversation } from '@weft/client';
import { useObservable, useWeft } from '@weft/react';
import { useMemo } from 'react';
import type { KnownPerson } from './known-people.ts';

/** A direct conversation as the screen shows it. */
export interface DirectEntry {
  readonly id: string;
  readonly person: KnownPerson;
}

/** What somebody is called whose name nobody has said yet. */
const NAMELESS = 'Somebody';

/**
 * The direct conversations in the order of the names.
 * @param people who is known: their names are newer than those in the list
 * @param shown the one on the screen: it is listed before anything is said in it
 */
export function directEntries(
  directs: readonly DirectConversation[],
  people: readonly KnownPerson[],
  shown: string | undefined,
): readonly DirectEntry[] {
  const names = new Map(people.map(({ sub, name }) => [sub, name]));
  return directs
    .filter(({ begun, conversation }) => begun || conversation === shown)
    .map(({ conversation, person, name }) => {
      const known = names.get(person) ?? (name === '' ? NAMELESS : name);
      return { id: conversation, person: { sub: person, name: known } };
    })
    .toSorted((a, b) => a.person.name.localeCompare(b.person.name) || (a.id < b.id ? -1 : 1));
}

export function useDirects(
  people: readonly KnownPerson[],
  shown: string | undefined,
): readonly DirectEntry[] {
  const directs = useObservable(useWeft().directs);
  return useMemo(() => directEntries(directs, people, shown), [directs, people, shown]);
}
