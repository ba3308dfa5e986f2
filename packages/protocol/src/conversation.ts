import { judgeBody } from './body.ts';
import { canonicalJson } from './canonical-json.ts';
import type { ConversationEvent } from './conversation-event.ts';
import type { ErrorCode } from './errors.ts';
import { REACTIONS_MAX, SEGMENT_SIZE } from './limits.ts';
import type { Message } from './message.ts';
import type { ChangeAction, Command } from './messages/command.ts';
import {
  type MessageHead,
  type SegmentState,
  countReactions,
  encodeMessage,
  segmentClient,
  segmentOf,
  writeEvent,
} from './segment.ts';

/**
 * The conversation log as functions over values. A conversation's stream is dense in `event`; messages also take
 * `sequence`, dense 1..n (law C1). What a new message needs can be read off the last event alone, so that opening a
 * conversation costs one record, whatever its length; a change needs the segment of what it changes as well.
 */

/** What the next event needs to know of all before it. */
export interface ConversationState {
  /** Number of the newest event; 0 in an empty conversation. */
  readonly event: number;
  /** Highest message sequence; 0 in an empty conversation. */
  readonly sequence: number;
  /** Epoch and struct count of the newest segment. */
  readonly epoch: number;
  readonly clock: number;
  /** Segments that were read, the one used last at the end. */
  readonly segments: ReadonlyMap<number, SegmentState>;
}

export const EMPTY_CONVERSATION: ConversationState = {
  event: 0,
  sequence: 0,
  epoch: 1,
  clock: 0,
  segments: new Map(),
};

/** Segments that a state holds at most: a person edits what they see. */
const SEGMENTS_HELD = 4;

/** The state after an event, without any segment: equal to the state folded from all events up to it. */
export function stateAfter(last: ConversationEvent | undefined): ConversationState {
  if (last === undefined) return EMPTY_CONVERSATION;
  const { event } = last;
  const segments = new Map<number, SegmentState>();
  if (last.type === 'change') return { ...last.newest, event, segments };
  const { sequence, epoch, clock } = last;
  return { event, sequence, epoch, clock: clock + 1, segments };
}

/** The state with a segment, in place of what was known of it. */
export function withSegment(
  state: ConversationState,
  segment: number,
  known: SegmentState,
): ConversationState {
  const segments = new Map(state.segments);
  segments.delete(segment);
  segments.set(segment, known);
  const [oldest] = segments.keys();
  if (segments.size > SEGMENTS_HELD && oldest !== undefined) segments.delete(oldest);
  return { ...state, segments };
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
      /**
       * The update for the segment's stream, to be appended in the same transaction; `undefined` when what was asked
       * for is so already.
       */
      readonly segmentUpdate: Uint8Array | undefined;
      readonly next: ConversationState;
    }
  | { readonly outcome: 'refuse'; readonly code: ErrorCode }
  /** Ask again with this segment in the state. */
  | { readonly outcome: 'read'; readonly segment: number };

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
  const { action } = command;
  return action.type === 'send'
    ? decideMessage(state, { ...command, action }, author, epoch, now)
    : decideChange(state, command, action, author, epoch, now);
}

function decideMessage(
  state: ConversationState,
  command: Command & { readonly action: { readonly type: 'send' } },
  author: Author,
  epoch: number,
  now: number,
): Decision {
  const { body, reply } = command.action;
  const refusal = judgeBody(body);
  if (refusal !== undefined) return { outcome: 'refuse', code: refusal };
  if (reply !== undefined && reply > state.sequence) {
    return { outcome: 'refuse', code: 'message-unknown' };
  }
  const number = state.event + 1;
  const sequence = state.sequence + 1;
  const segment = segmentOf(sequence);
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
    body,
    ...(reply === undefined ? {} : { reply }),
    event: number,
  };
  const event: ConversationEvent = {
    type: 'message',
    event: number,
    sequence,
    segment,
    clock,
    epoch,
    command,
    message,
  };
  const known = state.segments.get(segment);
  const next = { ...stateAfter(event), segments: state.segments };
  return {
    outcome: 'append',
    event,
    segmentUpdate: encodeMessage(epoch, clock, message),
    next: known === undefined ? next : withSegment(next, segment, writeEvent(known, event).next),
  };
}

function decideChange(
  state: ConversationState,
  command: Command,
  action: ChangeAction,
  author: Author,
  epoch: number,
  now: number,
): Decision {
  const { sequence } = action;
  if (sequence > state.sequence) return { outcome: 'refuse', code: 'message-unknown' };
  const segment = segmentOf(sequence);
  const known = state.segments.get(segment);
  if (known === undefined) return { outcome: 'read', segment };
  const head = known.messages.get(sequence);
  if (head === undefined) return { outcome: 'refuse', code: 'message-unknown' };
  const refusal = judgeChange(known, head, action, author);
  if (refusal !== undefined) return { outcome: 'refuse', code: refusal };

  const number = state.event + 1;
  const client = segmentClient(epoch);
  const message = revised(head, action, author, number, now);
  const isNewest = segment === segmentOf(state.sequence);
  const event: ConversationEvent = {
    type: 'change',
    event: number,
    sequence,
    segment,
    clock: known.clocks.get(client) ?? 0,
    epoch,
    command,
    author: author.sub,
    at: now,
    ...(message === undefined ? {} : { message }),
    newest: { sequence: state.sequence, epoch: state.epoch, clock: state.clock },
  };
  const { update, next } = writeEvent(known, event);
  const clock = next.clocks.get(client) ?? 0;
  const newest = isNewest ? { sequence: state.sequence, epoch, clock } : event.newest;
  return {
    outcome: 'append',
    event: { ...event, newest },
    segmentUpdate: update,
    next: withSegment({ ...state, ...newest, event: number }, segment, next),
  };
}

/** The rule that a change breaks, if any. */
function judgeChange(
  segment: SegmentState,
  head: MessageHead,
  action: ChangeAction,
  author: Author,
): ErrorCode | undefined {
  const own = head.author === author.sub;
  switch (action.type) {
    case 'edit':
      if (!own) return 'not-author';
      return head.deleted === undefined ? judgeBody(action.body) : 'message-deleted';
    case 'delete':
      return own ? undefined : 'not-author';
    case 'react':
      if (head.deleted !== undefined) return 'message-deleted';
      return countReactions(segment, head.sequence, author.sub) < REACTIONS_MAX
        ? undefined
        : 'too-many-reactions';
    case 'pin':
      return head.deleted === undefined ? undefined : 'message-deleted';
    case 'unreact':
    case 'unpin':
      return undefined;
    default: {
      const unreachable: never = action;
      return unreachable;
    }
  }
}

/** The message's next revision, where an action makes one: deleting twice is deleting once. */
function revised(
  head: MessageHead,
  action: ChangeAction,
  author: Author,
  event: number,
  now: number,
): Message | undefined {
  const { revision } = head;
  if (action.type === 'edit') {
    return { ...head, revision: revision + 1, editedAt: now, event, body: action.body };
  }
  if (action.type !== 'delete' || head.deleted !== undefined) return undefined;
  const deleted = { by: author.sub, at: now };
  return { ...head, revision: revision + 1, deleted, event, body: { version: 1, text: '' } };
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
