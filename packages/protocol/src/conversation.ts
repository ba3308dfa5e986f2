import type { MessageBody } from './body.ts';
import { judgeBody } from './judge-body.ts';
import { canonicalJson } from './canonical-json.ts';
import type { ConversationEvent } from './conversation-event.ts';
import type { ErrorCode } from './errors.ts';
import { conversationKind, threadId } from './conversation-kind.ts';
import { directId } from './direct-id.ts';
import { REACTIONS_MAX, SEGMENT_SIZE, THREADS_MAX } from './limits.ts';
import { type Members, type Moves, membersAfter, moverOf } from './members.ts';
import type { Message } from './message.ts';
import {
  type ChangeAction,
  type Command,
  type MembershipAction,
  type ThreadAction,
} from './messages/command.ts';
import {
  EMPTY_SEGMENT,
  type MessageHead,
  type SegmentState,
  countReactions,
  encodeMessage,
  holdsPin,
  segmentClient,
  segmentOf,
  writeEvent,
} from './segment.ts';
import { FIRST_SEGMENT } from './thread.ts';

/**
 * The conversation log as functions over values. A conversation's stream is dense in `event`; messages and changes of
 * membership also take `sequence`, dense 1..n (law C1). What a new message needs can be read off the last event alone, so that opening a
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
  /** Who is in, where that was read. */
  readonly members: Members | undefined;
  /** What devices had changed of that last, where it was read. */
  readonly moves: Moves;
}

const UNMOVED: Moves = new Map();

export const EMPTY_CONVERSATION: ConversationState = {
  event: 0,
  sequence: 0,
  epoch: 1,
  clock: 0,
  segments: new Map(),
  members: undefined,
  moves: UNMOVED,
};

/** Segments that a state holds at most: a person edits what they see. */
const SEGMENTS_HELD = 4;

/** The state after an event, without any segment and without members: equal to the state folded from all events up to it. */
export function stateAfter(last: ConversationEvent | undefined): ConversationState {
  if (last === undefined) return EMPTY_CONVERSATION;
  const { event } = last;
  const segments = new Map<number, SegmentState>();
  const unread = { segments, members: undefined, moves: UNMOVED } as const;
  if (last.type !== 'message') return { ...last.newest, event, ...unread };
  const { sequence, epoch, clock } = last;
  return { event, sequence, epoch, clock: clock + 1, ...unread };
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

/** That a message names a file by its hash, or does not any more. */
export interface FileNaming {
  readonly hash: string;
  readonly names: boolean;
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
      /** Which files its message names from now on, and which no more. */
      readonly files: readonly FileNaming[];
      readonly next: ConversationState;
    }
  | { readonly outcome: 'refuse'; readonly code: ErrorCode }
  /** Ask again with this in the state. */
  | { readonly outcome: 'read'; readonly segment: number | 'members' };

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
  switch (action.type) {
    case 'send':
      return decideMessage(state, { ...command, action }, author, epoch, now);
    case 'join':
    case 'leave':
      return decideMembership(state, command, action, author, epoch, now);
    case 'thread':
    case 'resolve':
    case 'reopen':
      return decideThread(state, command, action, author, epoch, now);
    default:
      return decideChange(state, command, action, author, epoch, now);
  }
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
  // What begins it tells the other person of it: without that they would never hear of the message.
  if (state.sequence === 0 && conversationKind(command.conversation).kind === 'direct') {
    return { outcome: 'refuse', code: 'not-begun' };
  }
  return appended(
    state,
    command,
    author,
    { body, ...(reply === undefined ? {} : { reply }) },
    epoch,
    now,
  );
}

/** Who is in changes for whoever asks, one at a time: in and out alternate (law C13). */
function decideMembership(
  state: ConversationState,
  command: Command,
  action: MembershipAction,
  author: Author,
  epoch: number,
  now: number,
): Decision {
  const { kind } = conversationKind(command.conversation);
  const other = action.type === 'join' ? action.with : undefined;
  if (kind === 'thread' || (kind === 'direct' && action.type === 'leave')) {
    return { outcome: 'refuse', code: 'membership-fixed' };
  }
  const names =
    kind === 'direct'
      ? other !== undefined &&
        other !== author.sub &&
        directId(author.sub, other) === command.conversation
      : other === undefined;
  if (!names) return { outcome: 'refuse', code: 'request-invalid' };
  if (state.members === undefined) return { outcome: 'read', segment: 'members' };
  if (state.members.has(author.sub) === (action.type === 'join')) {
    return { outcome: 'refuse', code: 'membership-unchanged' };
  }
  // Its device has changed its mind since: this one was refused before, and comes again because nobody heard so.
  const later = state.moves.get(moverOf(author.sub, command.device));
  if (later !== undefined && command.counter < later.counter && command.id < later.id) {
    return { outcome: 'refuse', code: 'membership-unchanged' };
  }
  const membership = {
    change: action.type === 'join' ? 'joined' : 'left',
    ...(other === undefined ? {} : { with: other }),
  } as const;
  const body = { version: 1, text: '' } as const;
  return appended(state, command, author, { body, membership }, epoch, now);
}

/** What devices changed last, after a message. */
function membersMoved(state: ConversationState, command: Command, message: Message): Moves {
  const { id, counter, device } = command;
  if (message.membership === undefined || state.members === undefined) return state.moves;
  return new Map(state.moves).set(moverOf(message.author, device), { id, counter });
}

/** The next sequence: a message, or a change of membership. */
function appended(
  state: ConversationState,
  command: Command,
  author: Author,
  what: Pick<Message, 'body' | 'reply' | 'membership'>,
  epoch: number,
  now: number,
): Decision {
  const number = state.event + 1;
  const sequence = state.sequence + 1;
  const segment = segmentOf(sequence);
  // The first may hold threads before there is any message.
  const opensSegment = state.sequence > 0 && state.sequence % SEGMENT_SIZE === 0;
  const clock = opensSegment || epoch !== state.epoch ? 0 : state.clock;
  const message: Message = {
    id: command.id,
    sequence,
    revision: 1,
    author: author.sub,
    name: author.name,
    at: now,
    sentAt: command.at,
    ...what,
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
  const members = state.members === undefined ? undefined : membersAfter(state.members, message);
  const moves = membersMoved(state, command, message);
  const next = { ...stateAfter(event), segments: state.segments, members, moves };
  return {
    outcome: 'append',
    event,
    segmentUpdate: encodeMessage(epoch, clock, message),
    files: namings([], hashesOf(message.body)),
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
  const own = segmentOf(sequence);
  const holder = state.segments.get(own);
  if (holder === undefined) return { outcome: 'read', segment: own };
  const head = holder.messages.get(sequence);
  if (head === undefined || head.membership !== undefined) {
    return { outcome: 'refuse', code: 'message-unknown' };
  }
  const refusal = judgeChange(holder, head, action, author);
  if (refusal !== undefined) return { outcome: 'refuse', code: refusal };
  // Pins are listed in one place. Servers before version 9 wrote them beside their messages: there they are changed.
  const isPin = action.type === 'pin' || action.type === 'unpin';
  const segment = isPin && !holdsPin(holder, sequence) ? FIRST_SEGMENT : own;
  if (!state.segments.has(segment)) return { outcome: 'read', segment };

  const message = revised(head, action, author, state.event + 1, now);
  const files = message && namings(head.files ?? [], hashesOf(message.body));
  return written(
    state,
    segment,
    epoch,
    (common) => ({
      type: 'change',
      ...common,
      sequence,
      command,
      author: author.sub,
      at: now,
      ...(message === undefined ? {} : { message }),
      ...(message === undefined || head.event === undefined ? {} : { replaces: head.event }),
    }),
    files,
  );
}

/** What a document's list of threads says changes; it takes no sequence. */
function decideThread(
  state: ConversationState,
  command: Command,
  action: ThreadAction,
  author: Author,
  epoch: number,
  now: number,
): Decision {
  const { anchor, type } = action;
  if (threadId(command.conversation, anchor) === undefined) {
    return { outcome: 'refuse', code: 'request-invalid' };
  }
  const known = state.segments.get(FIRST_SEGMENT);
  if (known === undefined) return { outcome: 'read', segment: FIRST_SEGMENT };
  if (type !== 'thread' && !known.threads.has(anchor)) {
    return { outcome: 'refuse', code: 'thread-unknown' };
  }
  if (type === 'thread' && !known.threads.has(anchor) && known.threads.size >= THREADS_MAX) {
    return { outcome: 'refuse', code: 'too-many-threads' };
  }
  return written(state, FIRST_SEGMENT, epoch, (common) => ({
    type: 'thread',
    ...common,
    sequence: 0,
    command,
    author: author.sub,
    name: author.name,
    at: now,
  }));
}

/** What every event that takes no sequence says of where it is. */
type Placed = Pick<
  ConversationEvent & { type: 'thread' },
  'event' | 'segment' | 'clock' | 'epoch' | 'newest'
>;

/** The next event that takes no sequence, written in a segment that was read. */
function written(
  state: ConversationState,
  segment: number,
  epoch: number,
  make: (common: Placed) => Exclude<ConversationEvent, { type: 'message' }>,
  files: readonly FileNaming[] = [],
): Decision {
  const known = state.segments.get(segment) ?? EMPTY_SEGMENT;
  const client = segmentClient(epoch);
  const number = state.event + 1;
  const event = make({
    event: number,
    segment,
    clock: known.clocks.get(client) ?? 0,
    epoch,
    newest: { sequence: state.sequence, epoch: state.epoch, clock: state.clock },
  });
  const { update, next } = writeEvent(known, event);
  const clock = next.clocks.get(client) ?? 0;
  const isNewest = segment === segmentOf(Math.max(1, state.sequence));
  const newest = isNewest ? { sequence: state.sequence, epoch, clock } : event.newest;
  return {
    outcome: 'append',
    event: { ...event, newest },
    segmentUpdate: update,
    files,
    next: withSegment({ ...state, ...newest, event: number }, segment, next),
  };
}

/** What changes where a message that named some files names others. */
export function namings(
  before: readonly string[],
  after: readonly string[],
): readonly FileNaming[] {
  return [
    ...before.flatMap((hash) => (after.includes(hash) ? [] : { hash, names: false })),
    ...after.flatMap((hash) => (before.includes(hash) ? [] : { hash, names: true })),
  ];
}

/** The hashes of the files that a body carries. */
export function hashesOf(body: MessageBody): readonly string[] {
  return (body.files ?? []).map(({ hash }) => hash);
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
  const { files: _, ...kept } = head;
  const { revision } = kept;
  if (action.type === 'edit') {
    return { ...kept, revision: revision + 1, editedAt: now, event, body: action.body };
  }
  if (action.type !== 'delete' || head.deleted !== undefined) return undefined;
  const deleted = { by: author.sub, at: now };
  return { ...kept, revision: revision + 1, deleted, event, body: { version: 1, text: '' } };
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
