import type { ConversationHandle } from '@weft/client';

/** Somebody who can be written to. */
export interface KnownPerson {
  readonly sub: string;
  readonly name: string;
}

type Told = Pick<ConversationHandle, 'receipts' | 'members'>;

/**
 * Who has been seen in any of these conversations, by name; oneself left out. Names are the newest that the server said.
 * @param more people who are known from elsewhere
 */
export function knownPeople(
  conversations: readonly Told[],
  more: readonly KnownPerson[],
  me: string,
): readonly KnownPerson[] {
  const names = new Map<string, string>();
  const add = (sub: string, name: string) => {
    if (sub !== me && name !== '') names.set(sub, name);
  };
  for (const { sub, name } of more) add(sub, name);
  for (const { members } of conversations) {
    for (const { person, name } of members.get().members) add(person, name);
  }
  for (const { receipts } of conversations) {
    for (const { person, name } of receipts.get()) add(person, name);
  }
  return [...names]
    .map(([sub, name]) => ({ sub, name }))
    .toSorted((a, b) => a.name.localeCompare(b.name) || (a.sub < b.sub ? -1 : 1));
}

/** Those whose name, or a part of it, begins with what was typed; all for nothing. */
export function findPeople(people: readonly KnownPerson[], typed: string): readonly KnownPerson[] {
  const wanted = typed.trim().toLocaleLowerCase();
  if (wanted === '') return people;
  return people.filter(({ name }) => {
    const whole = name.toLocaleLowerCase();
    return (
      whole.startsWith(wanted) || whole.split(/[\s-]+/u).some((part) => part.startsWith(wanted))
    );
  });
}
