import { type Message, SEGMENT_ROOT, messageSchema, searchWords } from '@weft/protocol';
import * as v from 'valibot';
import * as Y from 'yjs';

/** A message as a search shows it. */
export interface FoundMessage {
  readonly id: string;
  readonly sequence: number;
  /** Of the author. */
  readonly author: string;
  readonly name: string;
  /** UTC milliseconds of the server's commit. */
  readonly at: number;
  readonly text: string;
}

/** The words of a segment's messages, for a search to run over: one string, in which a native search finds them. */
export interface SegmentWords {
  /** For each message ` word word …\n`, folded; the oldest first. */
  readonly words: string;
  /** Where each message begins in `words`. */
  readonly starts: Uint32Array;
  readonly sequences: Uint32Array;
  /** UTC milliseconds. */
  readonly times: Float64Array;
}

export interface SegmentTexts {
  readonly words: SegmentWords;
  readonly messages: readonly FoundMessage[];
}

/** What is said in a segment, from the updates that the device keeps of it. What cannot be read is left out. */
export function textsOf(updates: readonly Uint8Array[]): SegmentTexts {
  const doc = new Y.Doc();
  for (const update of updates) Y.applyUpdate(doc, update);
  const messages: Message[] = [];
  for (const value of doc.getMap(SEGMENT_ROOT).values()) {
    const message = v.safeParse(messageSchema, value);
    if (message.success && message.output.membership === undefined) messages.push(message.output);
  }
  doc.destroy();
  messages.sort((a, b) => a.sequence - b.sequence);
  const said = messages.flatMap((message) => {
    const words = searchWords(message.body.text);
    return words.length === 0 ? [] : [{ message, line: ` ${words.join(' ')}\n` }];
  });
  const starts = new Uint32Array(said.length);
  let at = 0;
  for (const [index, { line }] of said.entries()) {
    starts[index] = at;
    at += line.length;
  }
  return {
    words: {
      words: said.map(({ line }) => line).join(''),
      starts,
      sequences: Uint32Array.from(said, ({ message }) => message.sequence),
      times: Float64Array.from(said, ({ message }) => message.at),
    },
    messages: said.map(({ message: { id, sequence, author, name, at: time, body } }) => ({
      ...{ id, sequence, author, name },
      ...{ at: time, text: body.text },
    })),
  };
}

/**
 * The messages of a segment in which each word begins one, the newest first.
 * @param words folded (`readQuery`)
 * @returns their indexes
 */
export function* messagesWith(
  { words: text, starts }: SegmentWords,
  words: readonly string[],
): Generator<number> {
  // The longest one is in the fewest messages.
  const [rarest, ...others] = words
    .toSorted((a, b) => b.length - a.length)
    .map((word) => ` ${word}`);
  if (rarest === undefined) return;
  for (let from = text.length; from >= 0;) {
    const at = text.lastIndexOf(rarest, from);
    if (at < 0) return;
    const index = messageAt(starts, at);
    const start = starts[index] ?? 0;
    const line = text.slice(start, starts[index + 1] ?? text.length);
    if (others.every((other) => line.includes(other))) yield index;
    from = start - 1;
  }
}

/** The last message that begins at or before a place. */
function messageAt(starts: Uint32Array, place: number): number {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] ?? 0) <= place) low = middle;
    else high = middle - 1;
  }
  return low;
}
