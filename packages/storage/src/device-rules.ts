import type { OutboxEntry } from '@weft/protocol';
import type { Quarantined } from './device.ts';

/** Names of documents that only the server writes: another history makes what a device holds of them void. */
export const SERVER_WRITTEN = 'conversation/';

/** Entries by conversation, then by counter: the order in which each conversation's queue is sent (law C5). */
export function inCounterOrder(entries: readonly OutboxEntry[]): readonly OutboxEntry[] {
  return entries.toSorted((a, b) => {
    const [x, y] = [a.command, b.command];
    if (x.conversation !== y.conversation) return x.conversation < y.conversation ? -1 : 1;
    return x.counter - y.counter;
  });
}

/** Oldest first; at one time, by id. */
export function inTimeOrder(entries: readonly Quarantined[]): readonly Quarantined[] {
  return entries.toSorted((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1));
}
