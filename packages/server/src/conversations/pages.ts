import {
  type Message,
  PINS_ROOT,
  type Pin,
  REACTIONS_ROOT,
  SEGMENT_ROOT,
  messageSchema,
  parseReactionKey,
  pinSchema,
  segmentOf,
  streamName,
} from '@weft/protocol';
import type { Log } from '@weft/storage';
import * as Y from 'yjs';
import { catchUp } from '../engine/load.ts';

/** A message with what stands beside it. */
export interface FullMessage extends Message {
  /** By emoji: who has it. */
  readonly reactions: Readonly<Record<string, readonly string[]>>;
  readonly pin: Pin | undefined;
}

/**
 * Reads messages as they are now, in sequence, for those who keep no replica: a segment at a time, from the log, since
 * a page of a conversation that nobody has open must not open it.
 * @param limit at most so many
 */
export async function readMessages(
  log: Log,
  tenant: string,
  id: string,
  range: { readonly after: number; readonly head: number; readonly limit: number },
): Promise<readonly FullMessage[]> {
  const last = Math.min(range.head, range.after + range.limit);
  const found: FullMessage[] = [];
  for (let next = range.after + 1; next <= last;) {
    const segment = segmentOf(next);
    const doc = new Y.Doc();
    await catchUp(log, streamName(tenant, { kind: 'conversation', id, segment }), doc, 0);
    for (; next <= last && segmentOf(next) === segment; next += 1) {
      const message = messageIn(doc, next);
      if (message !== undefined) found.push(message);
    }
    doc.destroy();
  }
  return found;
}

function messageIn(doc: Y.Doc, sequence: number): FullMessage | undefined {
  const key = String(sequence);
  const message = messageSchema.safeParse(doc.getMap(SEGMENT_ROOT).get(key));
  if (!message.success) return undefined;
  const pin = pinSchema.safeParse(doc.getMap(PINS_ROOT).get(key));
  return {
    ...message.data,
    reactions: reactionsIn(doc, sequence),
    pin: pin.success ? pin.data : undefined,
  };
}

function reactionsIn(doc: Y.Doc, sequence: number): Record<string, readonly string[]> {
  const people = new Map<string, string[]>();
  for (const key of doc.getMap(REACTIONS_ROOT).keys()) {
    const reaction = parseReactionKey(key);
    if (reaction?.sequence !== sequence) continue;
    const { emoji, person } = reaction;
    people.set(emoji, [...(people.get(emoji) ?? []), person]);
  }
  return Object.fromEntries(people);
}
