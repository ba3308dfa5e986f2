import type { FailedChange, Message, MessageBody, TimelineItem } from '@weft/protocol';
import { bodyWords } from '../files/words.ts';

/** A reaction as the screen shows it. */
export interface ReactionRow {
  readonly emoji: string;
  /** `sub`s, in the order in which they came. */
  readonly people: readonly string[];
  /** Whether the viewer is one of them. */
  readonly mine: boolean;
}

/** What a message answers. */
export type ReplyRow =
  | { readonly found: true; readonly id: string; readonly name: string; readonly text: string }
  /** It was deleted: its place is there, its words are not. */
  | { readonly found: 'deleted'; readonly id: string; readonly name: string }
  /** It is not here. */
  | { readonly found: false; readonly sequence: number };

/** What only a message with a sequence has. */
export interface StoredRow {
  readonly sequence: number;
  readonly revision: number;
  /** The sender's clock, UTC milliseconds. */
  readonly sentAt: number;
  /** When its present text was written; absent where that is the first. */
  readonly editedAt?: number;
  readonly deleted: boolean;
  readonly reply?: ReplyRow;
  readonly reactions: readonly ReactionRow[];
  readonly pinned: boolean;
  /** It says who came or left, and nothing else. */
  readonly membership?: NonNullable<Message['membership']>;
  /** Changes of this device that are on their way. */
  readonly waiting: number;
  /** Changes of this device that were refused. */
  readonly failed: readonly FailedChange[];
}

interface Line {
  /** The message's id: the same while it waits and when it is stored, so that nothing jumps. */
  readonly id: string;
  readonly author: { readonly sub: string; readonly name: string };
  readonly own: boolean;
  /** UTC milliseconds: the server's commit, or this device's clock while it waits. */
  readonly at: number;
  readonly body: MessageBody;
  /** First line of its day. */
  readonly opensDay: boolean;
  /** Shows who speaks; lines that follow within five minutes do not repeat it. */
  readonly opensGroup: boolean;
}

/** A line of a conversation as the screen shows it. */
export type MessageRow = Line &
  (
    | { readonly state: 'stored'; readonly stored: StoredRow }
    | { readonly state: 'queued' }
    /** `reason`: why it was not sent. */
    | { readonly state: 'failed'; readonly reason: string }
  );

type PlainRow = MessageRow extends infer Row
  ? Row extends MessageRow
    ? Omit<Row, 'opensDay' | 'opensGroup'>
    : never
  : never;

interface Person {
  readonly sub: string;
  readonly name: string;
}

/** Milliseconds after which the same person is named again. */
const GROUP = 5 * 60 * 1000;

/** The stored message with a sequence, where it is here. */
type Find = (sequence: number) => Message | undefined;

/**
 * Turns a timeline into rows.
 * @param dayOf the day that an instant falls on for the viewer, as any text
 */
export function groupMessages(
  items: readonly TimelineItem[],
  me: Person,
  dayOf: (at: number) => string,
): readonly MessageRow[] {
  const bySequence = new Map<number, Message>();
  for (const item of items) {
    if (item.state === 'stored') bySequence.set(item.message.sequence, item.message);
  }
  return items.map((item, index) =>
    rowOf(item, items[index - 1], me, (sequence) => bySequence.get(sequence), dayOf),
  );
}

/** Whether a line says who came or left: nobody wrote it, and nothing is done to it. */
export function isMembership(row: Pick<MessageRow, 'state'> & { stored?: StoredRow }): boolean {
  return row.stored?.membership !== undefined;
}

/**
 * One row.
 * @param before what stands in front of it, where there is anything
 * @param find what it may answer
 */
export function rowOf(
  item: TimelineItem,
  before: TimelineItem | undefined,
  me: Person,
  find: Find,
  dayOf: (at: number) => string,
): MessageRow {
  const plain = readItem(item, me, find);
  const last = before === undefined ? undefined : saidBy(before, me);
  const opensDay = last === undefined || dayOf(last.at) !== dayOf(plain.at);
  const opensGroup =
    opensDay ||
    last.author.sub !== plain.author.sub ||
    last.author.name !== plain.author.name ||
    last.membership ||
    isMembership(plain) ||
    plain.at - last.at >= GROUP;
  return { ...plain, opensDay, opensGroup };
}

/** Who said something, and when. */
function saidBy(
  item: TimelineItem,
  me: Person,
): { readonly author: Person; readonly at: number; readonly membership: boolean } {
  if (item.state !== 'stored') {
    return { author: me, at: item.entry.command.at, membership: false };
  }
  const { author, name, at, membership } = item.message;
  return { author: { sub: author, name }, at, membership: membership !== undefined };
}

function readItem(item: TimelineItem, me: Person, find: Find): PlainRow {
  if (item.state !== 'stored') {
    const { at, action } = item.entry.command;
    const row = { id: item.id, author: me, own: true, at, body: action.body };
    if (item.state === 'failed') return { ...row, state: 'failed', reason: item.reason };
    return { ...row, state: 'queued' };
  }
  const { author, name, at, body } = item.message;
  return {
    id: item.id,
    author: { sub: author, name },
    own: author === me.sub,
    at,
    body,
    state: 'stored',
    stored: readStored(item, me, find),
  };
}

function readStored(
  item: Extract<TimelineItem, { state: 'stored' }>,
  me: Person,
  find: Find,
): StoredRow {
  const { sequence, revision, sentAt, editedAt, deleted, reply, membership } = item.message;
  return {
    sequence,
    revision,
    sentAt,
    deleted: deleted !== undefined,
    ...(editedAt === undefined || deleted !== undefined ? {} : { editedAt }),
    ...(reply === undefined ? {} : { reply: readReply(reply, find(reply)) }),
    reactions: (item.reactions ?? []).map(({ emoji, people }) => ({
      emoji,
      people,
      mine: people.includes(me.sub),
    })),
    pinned: item.pin !== undefined,
    ...(membership === undefined ? {} : { membership }),
    waiting: item.waiting ?? 0,
    failed: item.failed ?? [],
  };
}

function readReply(sequence: number, message: Message | undefined): ReplyRow {
  if (message === undefined) return { found: false, sequence };
  const { id, name, body, deleted } = message;
  return deleted === undefined
    ? { found: true, id, name, text: bodyWords(body) }
    : { found: 'deleted', id, name };
}
