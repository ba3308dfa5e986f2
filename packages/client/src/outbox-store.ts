import { type OutboxEntry, isOutboxEntry } from '@weft/protocol';
import type { DeviceStore } from '@weft/storage';

/** The store, as the outbox sees it: after each change of what it keeps, the other tabs are told. */
export function tellingOutbox(store: DeviceStore, changed: () => void): OutboxStore {
  const telling = async <T>(write: Promise<T>): Promise<T> => {
    const value = await write;
    changed();
    return value;
  };
  return {
    outbox: () => store.outbox(isOutboxEntry),
    enqueue: (conversation, make, replaces) => telling(store.enqueue(conversation, make, replaces)),
    replaceOutbox: (entry) => telling(store.replaceOutbox(entry)),
    deleteOutbox: (id) => telling(store.deleteOutbox(id)),
  };
}

/** What the outbox asks of a store. */
export interface OutboxStore extends Pick<
  DeviceStore,
  'enqueue' | 'replaceOutbox' | 'deleteOutbox'
> {
  readonly outbox: () => Promise<readonly OutboxEntry[]>;
}
