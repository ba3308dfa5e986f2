import {
  type ConversationEvent,
  FIRST_SEGMENT,
  type Message,
  PINS_ROOT,
  type Pin,
  REACTIONS_ROOT,
  type Revisions,
  SEGMENT_ROOT,
  conversationEventSchema,
  messageSchema,
  parseReactionKey,
  pinSchema,
  segmentOf,
  streamName,
  traceIdOf,
} from '@weft/protocol';
import type { Log } from '@weft/storage';
import * as v from 'valibot';
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
  const open = async (segment: number): Promise<Y.Doc> => {
    const doc = new Y.Doc();
    await catchUp(log, streamName(tenant, { kind: 'conversation', id, segment }), doc, 0);
    return doc;
  };
  if (range.after >= last) return found;
  const first = await open(FIRST_SEGMENT);
  for (let next = range.after + 1; next <= last;) {
    const segment = segmentOf(next);
    const doc = segment === FIRST_SEGMENT ? first : await open(segment);
    for (; next <= last && segmentOf(next) === segment; next += 1) {
      const message = messageIn(doc, first, next);
      if (message !== undefined) found.push(message);
    }
    if (doc !== first) doc.destroy();
  }
  first.destroy();
  return found;
}

/** Revisions of one answer. */
const REVISIONS = 100;

/**
 * The texts of a message: none of one that was deleted (law C17). Each event names the one that wrote the text before, so
 * that it costs one record for each.
 */
export async function readRevisions(
  log: Log,
  tenant: string,
  id: string,
  message: Message,
): Promise<Revisions> {
  if (message.deleted !== undefined) return { revisions: [], complete: true };
  const stream = streamName(tenant, { kind: 'conversation', id });
  const revisions: Revisions['revisions'] = [];
  let next = message.event;
  while (next !== undefined && revisions.length < REVISIONS) {
    const event = await readEvent(log, stream, next);
    if (event === undefined || event.type === 'thread' || event.message === undefined) break;
    const { revision, at, editedAt, body, sequence } = event.message;
    if (sequence !== message.sequence) break;
    revisions.unshift({ revision, at: editedAt ?? at, body });
    next = event.type === 'change' ? event.replaces : undefined;
  }
  return { revisions, complete: revisions[0]?.revision === 1 };
}

/** The id of the trace of the event that wrote a message as it is now; servers before version 3 named no event. */
export async function readTraceId(
  log: Log,
  tenant: string,
  id: string,
  { event }: Pick<Message, 'event'>,
): Promise<string | undefined> {
  if (event === undefined) return undefined;
  const stream = streamName(tenant, { kind: 'conversation', id });
  const trace = (await readEvent(log, stream, event))?.command.trace;
  return trace && traceIdOf(trace);
}

/** The event with a number; `undefined` where there is none, or it cannot be read. */
async function readEvent(
  log: Log,
  stream: string,
  number: number,
): Promise<ConversationEvent | undefined> {
  const [record] = await log.read(stream, number - 1, 1);
  if (record?.number !== number) return undefined;
  const read: unknown = JSON.parse(new TextDecoder().decode(record.bytes));
  const parsed = v.safeParse(conversationEventSchema, read);
  return parsed.success ? parsed.output : undefined;
}

/** @param first the first segment, where pins are; those of servers before version 9 are beside their messages */
function messageIn(doc: Y.Doc, first: Y.Doc, sequence: number): FullMessage | undefined {
  const key = String(sequence);
  const message = v.safeParse(messageSchema, doc.getMap(SEGMENT_ROOT).get(key));
  if (!message.success) return undefined;
  const pinIn = (segment: Y.Doc): unknown => segment.getMap(PINS_ROOT).get(key);
  const pin = v.safeParse(pinSchema, pinIn(first) ?? pinIn(doc));
  return {
    ...message.output,
    reactions: reactionsIn(doc, sequence),
    pin: pin.success ? pin.output : undefined,
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
