import type { Message, Pin } from './message.ts';
import type { Command } from './messages/command.ts';
import { type Outbox, type OutboxEntry } from './outbox.ts';

/** A reaction to a message, and who has it, in the order in which they came. */
export interface Reaction {
  readonly emoji: string;
  readonly people: readonly string[];
}

/** A change to a message that was refused for good: it is shown until it is tried again or dismissed. */
export interface FailedChange {
  /** For `retry` and `dismiss`. */
  readonly id: string;
  readonly action: Command['action']['type'];
  readonly code: string;
  readonly reason: string;
}

/** A message that waits in the outbox. */
export type SentEntry = OutboxEntry & {
  readonly command: { readonly action: { readonly type: 'send' } };
};

/** What a conversation shows: a gap-free prefix of its sequences (law C6), then what this device waits to send. */
export type TimelineItem =
  | {
      readonly state: 'stored';
      readonly id: string;
      /** With this device's own changes that are on their way. */
      readonly message: Message;
      /** Absent where there are none. */
      readonly reactions?: readonly Reaction[];
      /** Absent where it is not pinned. */
      readonly pin?: Pick<Pin, 'by' | 'at'>;
      /** Changes of this device that are on their way; absent where none is. */
      readonly waiting?: number;
      /** Changes of this device that were refused; absent where none was. */
      readonly failed?: readonly FailedChange[];
    }
  | { readonly state: 'queued'; readonly id: string; readonly entry: SentEntry }
  | {
      readonly state: 'failed';
      readonly id: string;
      readonly entry: SentEntry;
      readonly code: string;
      readonly reason: string;
    };

type StoredItem = Extract<TimelineItem, { readonly state: 'stored' }>;

/** What stands beside the messages, by sequence. */
export interface Marks {
  readonly reactions: ReadonlyMap<number, readonly Reaction[]>;
  readonly pins: ReadonlyMap<number, Pick<Pin, 'by' | 'at'>>;
}

export const NO_MARKS: Marks = { reactions: new Map(), pins: new Map() };

/**
 * Builds the list. A message that is both on the device and in the outbox shows once, as stored: nothing jumps
 * when its ack arrives. Changes that wait are shown as if they had happened already.
 * @param messages by sequence, in any order of arrival
 * @param me the `sub` of the person, where it is known
 */
export function timeline(
  messages: ReadonlyMap<number, Message>,
  outbox: Outbox,
  marks: Marks = NO_MARKS,
  me = '',
): readonly TimelineItem[] {
  const items: TimelineItem[] = [];
  const shown = new Set<string>();
  const changes = changesOf(outbox);
  for (let sequence = 1; ; sequence += 1) {
    const message = messages.get(sequence);
    if (message === undefined) break;
    shown.add(message.id);
    const reactions = marks.reactions.get(sequence);
    const pin = marks.pins.get(sequence);
    const item: StoredItem = {
      state: 'stored',
      id: message.id,
      message,
      ...(reactions === undefined ? {} : { reactions }),
      ...(pin === undefined ? {} : { pin }),
    };
    items.push(
      (changes.get(sequence) ?? []).reduce((each, entry) => changed(each, entry, me), item),
    );
  }
  for (const entry of outbox) {
    const { id } = entry.command;
    if (shown.has(id) || !isSent(entry)) continue;
    if (entry.state.state === 'failed') {
      const { code, message } = entry.state;
      items.push({ state: 'failed', id, entry, code, reason: message });
    } else {
      items.push({ state: 'queued', id, entry });
    }
  }
  return items;
}

function isSent(entry: OutboxEntry): entry is SentEntry {
  return entry.command.action.type === 'send';
}

/** What waits or failed, by the sequence it is about, in its order. */
function changesOf(outbox: Outbox): ReadonlyMap<number, readonly OutboxEntry[]> {
  const changes = new Map<number, OutboxEntry[]>();
  for (const entry of outbox) {
    const { action } = entry.command;
    if (action.type === 'send') continue;
    const found = changes.get(action.sequence);
    if (found === undefined) changes.set(action.sequence, [entry]);
    else found.push(entry);
  }
  return changes;
}

/** An item as it will be once an entry of the outbox has happened, or with the reason why it will not. */
function changed(item: StoredItem, entry: OutboxEntry, me: string): StoredItem {
  const { id, action, at } = entry.command;
  if (entry.state.state === 'failed') {
    const { code, message } = entry.state;
    const failed = [...(item.failed ?? []), { id, action: action.type, code, reason: message }];
    return { ...item, failed };
  }
  const next: StoredItem = { ...item, waiting: (item.waiting ?? 0) + 1 };
  switch (action.type) {
    case 'send':
      return item;
    case 'edit':
      return { ...next, message: { ...item.message, body: action.body, editedAt: at } };
    case 'delete': {
      const deleted = { by: me, at };
      return { ...next, message: { ...item.message, deleted, body: { version: 1, text: '' } } };
    }
    case 'react':
      return withReactions(next, reacted(item.reactions ?? [], action.emoji, me));
    case 'unreact':
      return withReactions(next, unreacted(item.reactions ?? [], action.emoji, me));
    case 'pin':
      return { ...next, pin: item.pin ?? { by: me, at } };
    case 'unpin': {
      const { pin: _, ...rest } = next;
      return rest;
    }
    default: {
      const unreachable: never = action;
      return unreachable;
    }
  }
}

function withReactions(item: StoredItem, reactions: readonly Reaction[]): StoredItem {
  const { reactions: _, ...rest } = item;
  return reactions.length === 0 ? rest : { ...rest, reactions };
}

function reacted(all: readonly Reaction[], emoji: string, me: string): readonly Reaction[] {
  const found = all.find((each) => each.emoji === emoji);
  if (found === undefined) return [...all, { emoji, people: [me] }];
  if (found.people.includes(me)) return all;
  return all.map((each) => (each === found ? { emoji, people: [...each.people, me] } : each));
}

function unreacted(all: readonly Reaction[], emoji: string, me: string): readonly Reaction[] {
  return all
    .map((each) =>
      each.emoji === emoji
        ? { emoji, people: each.people.filter((person) => person !== me) }
        : each,
    )
    .filter(({ people }) => people.length > 0);
}
