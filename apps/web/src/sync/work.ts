import type { DocumentHandle, DocumentStatus, Observable, Weft } from '@weft/client';

/** Where the newest change of this person is, over all they work on: what the status chip speaks of. */
export interface Work {
  readonly status: Observable<DocumentStatus>;
  /** Counts a handle that is on the screen; returns the way out. */
  include(handle: Pick<DocumentHandle, 'status'>): () => void;
}

/**
 * A document that was left before all of it was sent is no longer on the screen, and the client still sends it: it
 * counts as well, so that *Stored* is said of nothing while anything waits (law D2).
 */
export function createWork({
  pending,
  unsavedMessages,
}: Pick<Weft, 'pending' | 'unsavedMessages'>): Work {
  const shown = new Set<Observable<DocumentStatus>>();
  const listeners = new Set<() => void>();
  let status = combine([], pending.get(), unsavedMessages.get());

  const changed = (): void => {
    const next = combine(
      [...shown].map((one) => one.get()),
      pending.get(),
      unsavedMessages.get(),
    );
    if (next.state === status.state && next.waiting === status.waiting) return;
    status = next;
    for (const listener of listeners) listener();
  };
  pending.subscribe(changed);
  unsavedMessages.subscribe(changed);

  return {
    status: {
      get: () => status,
      subscribe(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
    include(handle) {
      shown.add(handle.status);
      const leave = handle.status.subscribe(changed);
      changed();
      return () => {
        leave();
        shown.delete(handle.status);
        changed();
      };
    },
  };
}

/**
 * One status for many: the least safe state, and all changes that wait.
 * @param pending documents with changes that wait, those on the screen included; of the others at least one change
 * each is known
 * @param messages those that only this tab has
 */
export function combine(
  shown: readonly DocumentStatus[],
  pending: number,
  messages: number,
): DocumentStatus {
  const unstored = shown.filter(({ waiting }) => waiting > 0);
  const elsewhere = Math.max(0, pending - unstored.length);
  const waiting = unstored.reduce((sum, one) => sum + one.waiting, elsewhere + messages);
  if (messages > 0 || shown.some(({ state }) => state === 'unsaved'))
    return { state: 'unsaved', waiting };
  // Before the first handle, and while one is read from the device, nothing is known: that is not *stored*.
  if (waiting > 0 || shown.length === 0 || shown.some(({ state }) => state === 'local')) {
    return { state: 'local', waiting };
  }
  return { state: 'stored', waiting: 0 };
}
