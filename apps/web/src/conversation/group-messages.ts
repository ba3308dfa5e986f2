import type { MessageBody, TimelineItem } from '@weft/protocol';

/** A line of a conversation as the screen shows it. */
export interface MessageRow {
  /** The message's id: the same while it waits and when it is stored, so that nothing jumps. */
  readonly id: string;
  readonly state: TimelineItem['state'];
  readonly author: { readonly sub: string; readonly name: string };
  readonly own: boolean;
  /** UTC milliseconds: the server's commit, or this device's clock while it waits. */
  readonly at: number;
  readonly body: MessageBody;
  /** Why it was not sent, in a failed one. */
  readonly reason?: string;
  /** First line of its day. */
  readonly opensDay: boolean;
  /** Shows who speaks; lines that follow within five minutes do not repeat it. */
  readonly opensGroup: boolean;
}

/** Milliseconds after which the same person is named again. */
const GROUP = 5 * 60 * 1000;

/**
 * Turns a timeline into rows.
 * @param dayOf the day that an instant falls on for the viewer, as any text
 */
export function groupMessages(
  items: readonly TimelineItem[],
  me: { readonly sub: string; readonly name: string },
  dayOf: (at: number) => string,
): readonly MessageRow[] {
  const rows: MessageRow[] = [];
  let before: MessageRow | undefined;
  for (const item of items) {
    const plain = readItem(item, me);
    const opensDay = before === undefined || dayOf(before.at) !== dayOf(plain.at);
    const opensGroup =
      opensDay ||
      before === undefined ||
      before.author.sub !== plain.author.sub ||
      before.author.name !== plain.author.name ||
      plain.at - before.at >= GROUP;
    before = { ...plain, opensDay, opensGroup };
    rows.push(before);
  }
  return rows;
}

function readItem(
  item: TimelineItem,
  me: { readonly sub: string; readonly name: string },
): Omit<MessageRow, 'opensDay' | 'opensGroup'> {
  if (item.state === 'stored') {
    const { author, name, at, body } = item.message;
    return {
      id: item.id,
      state: 'stored',
      author: { sub: author, name },
      own: author === me.sub,
      at,
      body,
    };
  }
  const { at, action } = item.entry.command;
  const row = { id: item.id, author: me, own: true, at, body: action.body };
  return item.state === 'failed'
    ? { ...row, state: 'failed', reason: item.reason }
    : { ...row, state: 'queued' };
}
