import * as z from 'zod/mini';
import { mentionsOf } from './body.ts';
import type { Message } from './message.ts';

/**
 * How far the people of a conversation have got: two watermarks each, of sequences. They only rise, never pass the
 * newest message, and are merged by the higher one (law C8), so that no order of arrival matters.
 */

const sequence = z.int().check(z.nonnegative());

/** Where one person is. */
export const receiptSchema = z.object({
  person: z.string(),
  /** The authenticated name. */
  name: z.string(),
  /** Every message up to this sequence is on a device of theirs; 0 for none. */
  delivered: sequence,
  /** Every message up to this sequence was shown to them; 0 for none. Never above `delivered`. */
  read: sequence,
});
export type Receipt = z.infer<typeof receiptSchema>;

export type Watermarks = Pick<Receipt, 'delivered' | 'read'>;

export const NOTHING_SEEN: Watermarks = { delivered: 0, read: 0 };

/** The higher of each: commutative, associative, and the same however often. What was read has been delivered. */
export function mergeWatermarks(a: Watermarks, b: Watermarks): Watermarks {
  const read = Math.max(a.read, b.read);
  return { read, delivered: Math.max(a.delivered, b.delivered, read) };
}

/** Watermarks that a client claims, cut to what there is. */
export function clampWatermarks(claimed: Watermarks, head: number): Watermarks {
  const read = Math.min(claimed.read, head);
  return { read, delivered: Math.max(read, Math.min(claimed.delivered, head)) };
}

/** A list of receipts with others merged into it; the same object where they tell nothing new. */
export function mergeReceipts(
  known: readonly Receipt[],
  heard: readonly Receipt[],
): readonly Receipt[] {
  const merged = new Map(known.map((receipt) => [receipt.person, receipt]));
  let changed = false;
  for (const receipt of heard) {
    const before = merged.get(receipt.person);
    const marks = mergeWatermarks(before ?? NOTHING_SEEN, receipt);
    if (before?.read === marks.read && before.delivered === marks.delivered) continue;
    merged.set(receipt.person, { ...receipt, ...marks });
    changed = true;
  }
  return changed ? [...merged.values()] : known;
}

/** How far a stored message has got with anybody but its author. */
export type Progress = 'stored' | 'delivered' | 'read';

export function progressOf(receipts: readonly Receipt[], message: Message): Progress {
  let progress: Progress = 'stored';
  for (const { person, delivered, read } of receipts) {
    if (person === message.author) continue;
    if (read >= message.sequence) return 'read';
    if (delivered >= message.sequence) progress = 'delivered';
  }
  return progress;
}

/** Who has read a message, its author left out. */
export function seenBy(receipts: readonly Receipt[], message: Message): readonly Receipt[] {
  return receipts.filter(
    ({ person, read }) => person !== message.author && read >= message.sequence,
  );
}

/** Why a message counts as unread: it is there, it mentions the person, or it answers a message of theirs. */
export interface UnreadMessage {
  readonly id: string;
  readonly sequence: number;
  readonly because: 'message' | 'mention' | 'reply';
}

/** What is unread, and why. */
export interface Unread {
  readonly count: number;
  /** How many of them mention the person, or answer them. */
  readonly mentions: number;
  /** The read watermark: what is unread is above it. */
  readonly after: number;
  /** Each of them, in sequence. */
  readonly messages: readonly UnreadMessage[];
}

export const NOTHING_UNREAD: Unread = { count: 0, mentions: 0, after: 0, messages: [] };

/**
 * What a person has not read: the messages of others above their watermark that were not deleted.
 * @param messages a gap-free prefix, by sequence
 */
export function unreadOf(
  messages: ReadonlyMap<number, Message>,
  after: number,
  me: string,
): Unread {
  const unread: UnreadMessage[] = [];
  for (let next = after + 1; ; next += 1) {
    const message = messages.get(next);
    if (message === undefined) break;
    if (message.author === me || message.deleted !== undefined) continue;
    const because = mentionsOf(message.body).includes(me)
      ? 'mention'
      : message.reply !== undefined && messages.get(message.reply)?.author === me
        ? 'reply'
        : 'message';
    unread.push({ id: message.id, sequence: next, because });
  }
  const mentions = unread.filter(({ because }) => because !== 'message').length;
  return { count: unread.length, mentions, after, messages: unread };
}
