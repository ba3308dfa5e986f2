import type { Message, Pin } from './message.ts';
import { type ChangeAction, type Command, isChange } from './messages/command.ts';
import type { OutboxEntry } from './outbox-entry.ts';
import type { Outbox } from './outbox.ts';

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

/** A change that waits in the outbox. */
export type ChangeEntry = OutboxEntry & { readonly command: { readonly action: ChangeAction } };

/** A message that waits in the outbox. */
export type SentEntry = OutboxEntry & {
  readonly command: { readonly action: { readonly type: 'send' } };
};

/** A message with a sequence, as it is shown. */
export interface StoredItem {
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

/** A message that has no sequence yet. */
export type WaitingItem =
  | { readonly state: 'queued'; readonly id: string; readonly entry: SentEntry }
  | {
      readonly state: 'failed';
      readonly id: string;
      readonly entry: SentEntry;
      readonly code: string;
      readonly reason: string;
    };

/** What a conversation shows: a gap-free run of its sequences (law C6), then what this device waits to send. */
export type TimelineItem = StoredItem | WaitingItem;

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
 * @param first the sequence that the run begins with
 */
export function timeline(
  messages: ReadonlyMap<number, Message>,
  outbox: Outbox,
  marks: Marks = NO_MARKS,
  me = '',
  first = 1,
): readonly TimelineItem[] {
  const items: TimelineItem[] = [];
  const shown = new Set<string>();
  const changes = changesOf(outbox);
  for (let sequence = first; ; sequence += 1) {
    const message = messages.get(sequence);
    if (message === undefined) break;
    if (isOwn(message, me)) shown.add(message.id);
    items.push(storedItem(message, marks, changes.get(sequence) ?? [], me));
  }
  return [...items, ...waitingItems(outbox, (id) => shown.has(id))];
}

/** Somebody else's message under the id of one of ours is not ours: that one is refused, and must be seen to be. */
export function isOwn({ author }: Message, me: string): boolean {
  return me === '' || author === me;
}

/** One message, with what stands beside it. @param changes of this device to it, in their order */
export function storedItem(
  message: Message,
  marks: Marks,
  changes: readonly ChangeEntry[],
  me: string,
): StoredItem {
  const reactions = marks.reactions.get(message.sequence);
  const pin = marks.pins.get(message.sequence);
  const item: StoredItem = {
    state: 'stored',
    id: message.id,
    message,
    ...(reactions === undefined ? {} : { reactions }),
    ...(pin === undefined ? {} : { pin }),
  };
  return changes.reduce((each, entry) => changed(each, entry, me), item);
}

/** What has no sequence yet. @param isShown whether a message is among the stored ones */
export function waitingItems(
  outbox: Outbox,
  isShown: (id: string) => boolean,
): readonly WaitingItem[] {
  const items: WaitingItem[] = [];
  for (const entry of outbox) {
    const { id } = entry.command;
    if (isShown(id) || !isSent(entry)) continue;
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
export function changesOf(outbox: Outbox): ReadonlyMap<number, readonly ChangeEntry[]> {
  const changes = new Map<number, ChangeEntry[]>();
  for (const entry of outbox) {
    if (!isChangeEntry(entry)) continue;
    const { sequence } = entry.command.action;
    const found = changes.get(sequence);
    if (found === undefined) changes.set(sequence, [entry]);
    else found.push(entry);
  }
  return changes;
}

function isChangeEntry(entry: OutboxEntry): entry is ChangeEntry {
  return isChange(entry.command.action);
}

/** An item as it will be once an entry of the outbox has happened, or with the reason why it will not. */
function changed(item: StoredItem, entry: ChangeEntry, me: string): StoredItem {
  const { id, action, at } = entry.command;
  if (entry.state.state === 'failed') {
    const { code, message } = entry.state;
    const failed = [...(item.failed ?? []), { id, action: action.type, code, reason: message }];
    return { ...item, failed };
  }
  const next: StoredItem = { ...item, waiting: (item.waiting ?? 0) + 1 };
  switch (action.type) {
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
