import { type ConversationEvent, textOfEvent } from '@weft/protocol';

/**
 * A search finds each message by the event that wrote its present text, and nothing that has none (law F1).
 * @param found sequence → number of that event
 */
export function checkTexts(
  stream: string,
  events: readonly ConversationEvent[],
  found: ReadonlyMap<number, number>,
): readonly string[] {
  const due = new Map<number, number>();
  for (const event of events) {
    const text = textOfEvent(event);
    if (text === undefined) continue;
    if (text.words.length === 0) due.delete(text.item);
    else due.set(text.item, event.event);
  }
  const wrong = [...new Set([...due.keys(), ...found.keys()])].filter(
    (sequence) => due.get(sequence) !== found.get(sequence),
  );
  const [first] = wrong.toSorted((a, b) => a - b);
  if (first === undefined) return [];
  const others = wrong.length > 1 ? ` and ${wrong.length - 1} others` : '';
  return [`${stream}: a search does not find message ${first}${others} as the events say`];
}
