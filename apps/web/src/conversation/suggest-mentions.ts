import type { Mentionable } from './write-body.ts';

/** A mention that is being typed. */
export interface TypedMention {
  /** Where its `@` stands. */
  readonly from: number;
  /** What was typed of the name. */
  readonly typed: string;
}

/** Characters of a name after which nobody looks for one any more. */
const NAME_LONGEST = 64;

/** People that are offered at once: more is a list to read, and a letter more is quicker. */
const OFFERED = 6;

/** The mention that the caret stands in; `undefined` where it stands in none. */
export function typedMention(text: string, caret: number): TypedMention | undefined {
  const from = text.lastIndexOf('@', caret - 1);
  if (from === -1 || caret - from - 1 > NAME_LONGEST) return undefined;
  const before = text[from - 1];
  // An address is no mention.
  if (before !== undefined && /[\p{L}\p{N}]/u.test(before)) return undefined;
  const typed = text.slice(from + 1, caret);
  return /^\s|\n/.test(typed) ? undefined : { from, typed };
}

/** Whom one may mean: those whose name begins so, then those one of whose names does. */
export function suggestMentions(
  people: readonly Mentionable[],
  typed: string,
): readonly Mentionable[] {
  const wanted = typed.toLocaleLowerCase();
  const rank = ({ name }: Mentionable) => {
    const whole = name.toLocaleLowerCase();
    if (whole.startsWith(wanted)) return 0;
    return whole.split(/[\s-]+/u).some((part) => part.startsWith(wanted)) ? 1 : 2;
  };
  return people
    .filter(({ name }) => name.trim() !== '')
    .map((person) => ({ person, rank: rank(person) }))
    .filter((each) => each.rank < 2)
    .toSorted((a, b) => a.rank - b.rank || a.person.name.localeCompare(b.person.name))
    .slice(0, OFFERED)
    .map(({ person }) => person);
}

/** The text with the name written out, and where the caret stands then: behind a space. */
export function completeMention(
  text: string,
  { from, typed }: TypedMention,
  name: string,
): { readonly text: string; readonly caret: number } {
  const rest = text.slice(from + 1 + typed.length);
  const space = rest.startsWith(' ') ? '' : ' ';
  return {
    text: `${text.slice(0, from)}@${name}${space}${rest}`,
    caret: from + 1 + name.length + 1,
  };
}
