import type { Message } from './message.ts';
import type { Receipt } from './receipt.ts';

/**
 * How far the people of a conversation have got: two watermarks each, of sequences. They only rise, never pass the
 * newest message, and are merged by the higher one (law C8), so that no order of arrival matters.
 */

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

/** A message, as far as receipts ask for it. */
export type Marked = Pick<Message, 'author' | 'sequence'>;

/** The marks of whoever is furthest, one person left out: an author's own devices prove nothing about anybody else. */
export function furthestOf(receipts: readonly Receipt[], without: string): Watermarks {
  return receipts
    .filter(({ person }) => person !== without)
    .reduce<Watermarks>(mergeWatermarks, NOTHING_SEEN);
}

/** How far a message is, by the marks of whoever is furthest of those who did not write it. */
export function progressAt(furthest: Watermarks, sequence: number): Progress {
  if (sequence <= furthest.read) return 'read';
  return sequence <= furthest.delivered ? 'delivered' : 'stored';
}

export function progressOf(receipts: readonly Receipt[], { author, sequence }: Marked): Progress {
  return progressAt(furthestOf(receipts, author), sequence);
}

/** Who has read a message, its author left out. */
export function seenBy(
  receipts: readonly Receipt[],
  { author, sequence }: Marked,
): readonly Receipt[] {
  return receipts.filter(({ person, read }) => person !== author && read >= sequence);
}

/** Why a message counts as unread: it is there, it mentions the person, or it answers a message of theirs. */
export interface UnreadMessage {
  readonly id: string;
  readonly sequence: number;
  readonly because: 'message' | 'mention' | 'reply';
}

/** What is unread, and why. */
export interface Unread {
  /** How many of those that are here. */
  readonly count: number;
  /** Messages above the watermark that are not here, and so not counted: anybody's, older than the others. */
  readonly uncounted: number;
  /** How many of them mention the person, or answer them. */
  readonly mentions: number;
  /** The read watermark: what is unread is above it. */
  readonly after: number;
  /** Each of them, in sequence. */
  readonly messages: readonly UnreadMessage[];
}

export const NOTHING_UNREAD: Unread = {
  count: 0,
  uncounted: 0,
  mentions: 0,
  after: 0,
  messages: [],
};
