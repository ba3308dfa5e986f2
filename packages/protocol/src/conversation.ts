import * as z from 'zod/mini';
import { canonicalJson } from './canonical-json.ts';
import type { ErrorCode } from './errors.ts';
import { MESSAGE_TEXT_MAX, SEGMENT_SIZE } from './limits.ts';
import { type Message, messageSchema } from './message.ts';
import { type MessageBody, type Command, commandSchema } from './messages/command.ts';
import { encodeSegmentUpdate, segmentOf } from './segment.ts';

/**
 * The conversation log as functions over values. A conversation's stream is dense in `event`; messages also take
 * `sequence`, dense 1..n (law C1). The state before the next event can be read off the last event alone, so that
 * opening a conversation costs one record, whatever its length.
 */

/** One event as its stream holds it (JSON, UTF-8). */
export const conversationEventSchema = z.object({
  type: z.literal('message'),
  event: z.int().check(z.positive()),
  sequence: z.int().check(z.positive()),
  segment: z.int().check(z.nonnegative()),
  /** The struct number that this event wrote in its segment, and the epoch it was written in. */
  clock: z.int().check(z.nonnegative()),
  epoch: z.int().check(z.positive()),
  command: commandSchema,
  message: messageSchema,
});
export type ConversationEvent = z.infer<typeof conversationEventSchema>;

/** What the next event needs to know of all before it. */
export interface ConversationState {
  /** Number of the newest event; 0 in an empty conversation. */
  readonly event: number;
  /** Highest message sequence; 0 in an empty conversation. */
  readonly sequence: number;
  /** Epoch and struct count of the newest segment. */
  readonly epoch: number;
  readonly clock: number;
}

export const EMPTY_CONVERSATION: ConversationState = { event: 0, sequence: 0, epoch: 1, clock: 0 };

/** The state after an event: equal to the state folded from all events up to it. */
export function stateAfter(last: ConversationEvent | undefined): ConversationState {
  if (last === undefined) return EMPTY_CONVERSATION;
  return {
    event: last.event,
    sequence: last.sequence,
    epoch: last.epoch,
    clock: last.clock + 1,
  };
}

/** Who sends, as the server knows it: never what the command says. */
export interface Author {
  readonly sub: string;
  readonly name: string;
}

export type Decision =
  | {
      readonly outcome: 'append';
      readonly event: ConversationEvent;
      /** The update for the segment's stream, to be appended in the same transaction. */
      readonly segmentUpdate: Uint8Array;
      readonly next: ConversationState;
    }
  | { readonly outcome: 'refuse'; readonly code: ErrorCode };

/**
 * Decides a command against a state: the event it becomes, or the code of its refusal. Pure; the caller appends
 * both parts in one transaction under the condition that the stream's head is still `state.event`.
 * @param now UTC milliseconds of the server
 */
export function decide(
  state: ConversationState,
  command: Command,
  author: Author,
  epoch: number,
  now: number,
): Decision {
  const refusal = judgeBody(command.action.body);
  if (refusal !== undefined) return { outcome: 'refuse', code: refusal };
  const sequence = state.sequence + 1;
  const opensSegment = state.sequence % SEGMENT_SIZE === 0;
  const clock = opensSegment || epoch !== state.epoch ? 0 : state.clock;
  const message: Message = {
    id: command.id,
    sequence,
    revision: 1,
    author: author.sub,
    name: author.name,
    at: now,
    sentAt: command.at,
    body: command.action.body,
  };
  const event: ConversationEvent = {
    type: 'message',
    event: state.event + 1,
    sequence,
    segment: segmentOf(sequence),
    clock,
    epoch,
    command,
    message,
  };
  return {
    outcome: 'append',
    event,
    segmentUpdate: encodeSegmentUpdate(epoch, clock, message),
    next: stateAfter(event),
  };
}

/** The rule that a body breaks, if any. Ranges must lie in the text, so that no reader has to guess. */
export function judgeBody(body: MessageBody): ErrorCode | undefined {
  if (body.text.trim() === '') return 'message-empty';
  if (body.text.length > MESSAGE_TEXT_MAX) return 'message-too-long';
  for (const range of body.ranges ?? []) {
    if (range.end <= range.start || range.end > body.text.length) return 'request-invalid';
  }
  return undefined;
}

/**
 * Whether a resent command asks for what was stored under its id. Time, device and counter may differ (a device
 * may resend after its store was rebuilt); the effect may not.
 */
export function sameEffect(stored: Command, resent: Command): boolean {
  return (
    stored.conversation === resent.conversation &&
    canonicalJson(stored.action) === canonicalJson(resent.action)
  );
}
