import * as v from 'valibot';
import { type Message, messageSchema } from './message.ts';
import { commandSchema } from './messages/command.ts';
import { searchWords } from './search-words.ts';
import { integerSchema, naturalSchema, positiveSchema } from './schemas.ts';

const common = {
  event: positiveSchema,
  /** The message that it is of. */
  sequence: positiveSchema,
  /** The segment that it writes in: that message's, or the first for what belongs to the whole. */
  segment: naturalSchema,
  /** The struct number at which this event writes in its segment, and the epoch it was written in. */
  clock: naturalSchema,
  epoch: positiveSchema,
  command: commandSchema,
};

/** What holds of the conversation behind an event, so that it alone tells the state; sequence 0: no message yet. */
const newest = v.object({
  sequence: naturalSchema,
  epoch: positiveSchema,
  clock: naturalSchema,
});

/** One event as its conversation's stream holds it (JSON, UTF-8). */
export const conversationEventSchema = v.variant('type', [
  /** A new message. It alone takes a sequence. */
  v.object({ type: v.literal('message'), ...common, message: messageSchema }),
  /** Something about a message that is there: what the command's action says. */
  v.object({
    type: v.literal('change'),
    ...common,
    /** Who asked for it, as the server knows it. */
    author: v.string(),
    /** UTC milliseconds of the server's commit. */
    at: integerSchema,
    /** The message's new revision; only where it was edited or deleted. */
    message: v.optional(messageSchema),
    /** The event that wrote the revision before that; absent where that was written before version 9. */
    replaces: v.optional(positiveSchema),
    newest,
  }),
  /** Something about the list of a document's threads: what the command's action says. */
  v.object({
    type: v.literal('thread'),
    ...common,
    /** Of no message. */
    sequence: v.literal(0),
    /** Who asked for it, and their name, as the server knows them. */
    author: v.string(),
    name: v.string(),
    /** UTC milliseconds of the server's commit. */
    at: integerSchema,
    newest,
  }),
]);
export type ConversationEvent = v.InferOutput<typeof conversationEventSchema>;

/** Who caused an event. */
export function authorOf(event: ConversationEvent): string {
  return event.type === 'message' ? event.message.author : event.author;
}

/** When an event was committed, UTC milliseconds. */
export function timeOf(event: ConversationEvent): number {
  return event.type === 'message' ? event.message.at : event.at;
}

/** What a search finds of the message that an event is about, from then on; `undefined` where it leaves the text as it was. */
export function textOfEvent(
  event: ConversationEvent,
): { readonly item: number; readonly words: readonly string[] } | undefined {
  const message = messageOf(event);
  if (message === undefined || message.membership !== undefined) return undefined;
  return { item: message.sequence, words: searchWords(message.body.text) };
}

/** The message as an event writes it; `undefined` where it writes none. */
export function messageOf(event: ConversationEvent): Message | undefined {
  return 'message' in event ? event.message : undefined;
}
