import * as z from 'zod/mini';
import { messageSchema } from './message.ts';
import { commandSchema } from './messages/command.ts';

const number = z.int().check(z.nonnegative());
const positive = z.int().check(z.positive());

const common = {
  event: positive,
  /** The message that it is of. */
  sequence: positive,
  /** That message's segment. */
  segment: number,
  /** The struct number at which this event writes in its segment, and the epoch it was written in. */
  clock: number,
  epoch: positive,
  command: commandSchema,
};

/** One event as its conversation's stream holds it (JSON, UTF-8). */
export const conversationEventSchema = z.discriminatedUnion('type', [
  /** A new message. It alone takes a sequence. */
  z.object({ type: z.literal('message'), ...common, message: messageSchema }),
  /** Something about a message that is there: what the command's action says. */
  z.object({
    type: z.literal('change'),
    ...common,
    /** Who asked for it, as the server knows it. */
    author: z.string(),
    /** UTC milliseconds of the server's commit. */
    at: z.int(),
    /** The message's new revision; only where it was edited or deleted. */
    message: z.optional(messageSchema),
    /** What holds of the conversation behind this event, so that it alone tells the state. */
    newest: z.object({ sequence: positive, epoch: positive, clock: number }),
  }),
]);
export type ConversationEvent = z.infer<typeof conversationEventSchema>;

/** Who caused an event. */
export function authorOf(event: ConversationEvent): string {
  return event.type === 'message' ? event.message.author : event.author;
}

/** When an event was committed, UTC milliseconds. */
export function timeOf(event: ConversationEvent): number {
  return event.type === 'message' ? event.message.at : event.at;
}
