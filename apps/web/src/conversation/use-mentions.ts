import { type KeyboardEvent, useCallback, useId, useState } from 'react';
import { completeMention, suggestMentions, typedMention } from './suggest-mentions.ts';
import type { Mentionable } from './write-body.ts';

export interface Mentions {
  /** Who is offered; empty while nobody is. */
  readonly offered: readonly Mentionable[];
  /** The one that Enter takes. */
  readonly chosen: Mentionable | undefined;
  /** For the field and its list. */
  readonly listId: string;
  readonly optionId: (person: Mentionable) => string;
  readonly choose: (person: Mentionable) => void;
  readonly take: (person: Mentionable) => void;
  /** Takes a key; `true` where it meant the list, and nothing else is to happen. */
  readonly onKey: (event: KeyboardEvent) => boolean;
  /** The caret moved, or the text changed. */
  readonly look: (text: string, caret: number) => void;
  /** Nobody is offered any more. */
  readonly close: () => void;
  /** Whom the person took: of two with one name, the one that was meant. */
  readonly taken: readonly Mentionable[];
}

const NOBODY: readonly Mentionable[] = [];

/**
 * Offers people behind an `@`. The focus stays in the field; arrows go through the list.
 * @param write puts a text into the field, with the caret at a place
 */
export function useMentions(
  people: readonly Mentionable[],
  write: (text: string, caret: number) => void,
): Mentions {
  const listId = useId();
  const [at, setAt] = useState({ text: '', caret: 0 });
  const [index, setIndex] = useState(0);
  const [taken, setTaken] = useState(NOBODY);
  /** The `@` whose list was closed: it stays so until another one is typed. */
  const [closed, setClosed] = useState<number>();

  const mention = typedMention(at.text, at.caret);
  const offered =
    mention === undefined || mention.from === closed
      ? NOBODY
      : suggestMentions(people, mention.typed);
  const chosen = offered[Math.min(index, offered.length - 1)];

  const look = useCallback((text: string, caret: number) => {
    setAt((before) => {
      if (before.text === text && before.caret === caret) return before;
      return { text, caret };
    });
    setIndex(0);
    setClosed((before) => {
      const from = typedMention(text, caret)?.from;
      return from === before ? before : undefined;
    });
  }, []);
  const close = () => setClosed(mention?.from);
  const take = (person: Mentionable) => {
    if (mention === undefined) return;
    setTaken((before) => [person, ...before.filter(({ sub }) => sub !== person.sub)]);
    const done = completeMention(at.text, mention, person.name);
    setClosed(mention.from);
    setAt(done);
    write(done.text, done.caret);
  };
  const onKey = (event: KeyboardEvent): boolean => {
    if (chosen === undefined) return false;
    switch (event.key) {
      case 'ArrowDown':
      case 'ArrowUp': {
        const step = event.key === 'ArrowDown' ? 1 : -1;
        setIndex((offered.indexOf(chosen) + step + offered.length) % offered.length);
        break;
      }
      case 'Enter':
      case 'Tab':
        if (event.shiftKey) return false;
        take(chosen);
        break;
      case 'Escape':
        close();
        break;
      default:
        return false;
    }
    event.preventDefault();
    return true;
  };
  return {
    offered,
    chosen,
    listId,
    optionId: ({ sub }) => `${listId}-${sub}`,
    choose: (person) => setIndex(offered.indexOf(person)),
    take,
    onKey,
    look,
    close,
    taken,
  };
}
