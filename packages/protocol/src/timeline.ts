import { type Message } from './message.ts';
import { type Outbox, type OutboxEntry } from './outbox.ts';

/** What a conversation shows: a gap-free prefix of its sequences (law C6), then what this device waits to send. */
export type TimelineItem =
  | { readonly state: 'stored'; readonly id: string; readonly message: Message }
  | { readonly state: 'queued'; readonly id: string; readonly entry: OutboxEntry }
  | {
      readonly state: 'failed';
      readonly id: string;
      readonly entry: OutboxEntry;
      readonly code: string;
      readonly reason: string;
    };

/**
 * Builds the list. A message that is both on the device and in the outbox shows once, as stored: nothing jumps
 * when its ack arrives.
 * @param messages by sequence, in any order of arrival
 */
export function timeline(
  messages: ReadonlyMap<number, Message>,
  outbox: Outbox,
): readonly TimelineItem[] {
  const items: TimelineItem[] = [];
  const shown = new Set<string>();
  for (let sequence = 1; ; sequence += 1) {
    const message = messages.get(sequence);
    if (message === undefined) break;
    shown.add(message.id);
    items.push({ state: 'stored', id: message.id, message });
  }
  for (const entry of outbox) {
    const { id } = entry.command;
    if (shown.has(id)) continue;
    if (entry.state.state === 'failed') {
      const { code, message } = entry.state;
      items.push({ state: 'failed', id, entry, code, reason: message });
    } else {
      items.push({ state: 'queued', id, entry });
    }
  }
  return items;
}
