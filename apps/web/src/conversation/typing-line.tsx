import type { Typist } from '@weft/client';
import type { ReactNode } from 'react';
import { namesOf } from './progress.ts';

/** Names that are said before it becomes a crowd. */
const NAMED = 3;

/** Who types, in words; empty for nobody. */
export function typingWords(people: readonly Typist[]): string {
  if (people.length === 0) return '';
  if (people.length > NAMED) return 'Several people are typing…';
  return `${namesOf(people.map(({ name }) => name))} ${people.length === 1 ? 'is' : 'are'} typing…`;
}

/**
 * One calm line under the messages. Its room is there always, so that nothing moves; it is not read out by itself, since
 * it comes and goes with every pause.
 */
export function TypingLine({ people }: { readonly people: readonly Typist[] }): ReactNode {
  return <p className="typing-line">{typingWords(people)}</p>;
}
