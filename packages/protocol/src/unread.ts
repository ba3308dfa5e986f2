import { mentionsOf } from './judge-body.ts';
import type { Message } from './message.ts';
import type { Unread, UnreadMessage } from './receipts.ts';

/**
 * What a person has not read: the messages of others above their watermark that were not deleted.
 * @param messages by sequence
 * @param first the sequence that the gap-free run of them begins with
 */
export function unreadOf(
  messages: ReadonlyMap<number, Message>,
  after: number,
  me: string,
  first = 1,
): Unread {
  const unread: UnreadMessage[] = [];
  for (let next = Math.max(after + 1, first); ; next += 1) {
    const message = messages.get(next);
    if (message === undefined) break;
    if (message.author === me || message.deleted !== undefined) continue;
    // Who comes and goes is told, and nobody has to read it.
    if (message.membership !== undefined) continue;
    const because = mentionsOf(message.body).includes(me)
      ? 'mention'
      : message.reply !== undefined && messages.get(message.reply)?.author === me
        ? 'reply'
        : 'message';
    unread.push({ id: message.id, sequence: next, because });
  }
  const mentions = unread.filter(({ because }) => because !== 'message').length;
  const uncounted = Math.max(0, first - 1 - after);
  return { count: unread.length, uncounted, mentions, after, messages: unread };
}
