import type { OutboxEntry } from '@weft/protocol';
import type { DeviceState, DeviceStatus, DeviceUpdate, Quarantined } from './device.ts';

/** Names of documents that only the server writes: another history makes what a device holds of them void. */
export const SERVER_WRITTEN = 'conversation/';

/** The value `keep/<conversation>` is `1` for a conversation that is to stay on the device, all of it. */
export const KEEP = 'keep/';

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

/** The update that is to be kept now, with the number of local changes in it. */
export function updateToKeep(update: DeviceUpdate | (() => DeviceUpdate)) {
  const { document, bytes, origin, changes = 1 } = typeof update === 'function' ? update() : update;
  return { document, bytes, changes: origin === 'local' ? changes : 0 };
}

/** A device's state, and how its owner changes it. */
export function deviceStatus(
  initial: DeviceState,
): DeviceStatus & { set(next: DeviceState): void } {
  const listeners = new Set<() => void>();
  let state = initial;
  return {
    get: () => state,
    set: (next) => {
      const sameReason =
        state.state !== 'memory-only' ||
        next.state !== 'memory-only' ||
        state.reason === next.reason;
      if (state.state === next.state && sameReason) return;
      state = next;
      for (const listener of [...listeners]) listener();
    },
    subscribe: (listener) => {
      // Wrapped, so that one function subscribed twice is called twice and leaves twice.
      const own = () => listener();
      listeners.add(own);
      return () => void listeners.delete(own);
    },
  };
}
