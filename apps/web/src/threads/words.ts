import { bodyWords } from '../files/words.ts';
import type { DocumentThread, History } from '@weft/client';
import { dayLabel, dayOf, timeOf } from '../conversation/days.ts';

interface Me {
  readonly sub: string;
}

/** What a thread is about, as its title. */
export function quoteWords({ quote }: Pick<DocumentThread, 'quote'>): string {
  return quote === '' ? 'The whole document' : quote;
}

/** Who did something, as the viewer calls them. */
export function nameOf(person: { readonly by: string; readonly name: string }, me: Me): string {
  if (person.by === me.sub) return 'You';
  return person.name === '' ? 'Somebody' : person.name;
}

/** The same within a sentence. */
export function byWords(person: { readonly by: string; readonly name: string }, me: Me): string {
  return person.by === me.sub ? 'by you' : `by ${nameOf(person, me)}`;
}

/** The newest that was said in a thread, and by whom. */
export interface Newest {
  readonly name: string;
  readonly text: string;
  /** UTC milliseconds. */
  readonly at: number;
}

/** The newest message of a thread that is here; what this device waits to send is newer than all others. */
export function newestOf(history: History, me: Me): Newest | undefined {
  const waits = history.waiting.at(-1);
  if (waits !== undefined) {
    const { at, action } = waits.entry.command;
    return { name: 'You', text: bodyWords(action.body), at };
  }
  const message = history.at(history.length)?.message;
  if (message === undefined) return undefined;
  const { author, name, at, body, deleted } = message;
  const text = deleted === undefined ? bodyWords(body) : 'Message deleted';
  return { name: nameOf({ by: author, name }, me), text, at };
}

/** A moment, as short as it can be said: the time today, the day else. */
export function momentOf(at: number, now: number): string {
  return dayOf(at) === dayOf(now) ? timeOf(at) : dayLabel(at, now);
}

/** How many messages a thread holds, for those who do not see it open. */
export function countWords(count: number): string {
  return count === 1 ? '1 message' : `${count} messages`;
}
