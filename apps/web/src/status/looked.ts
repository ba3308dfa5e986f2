import type { Observable, Refusal } from '@weft/client';

/** How many refusals a person has not looked at yet. */
export interface Looked {
  readonly open: Observable<number>;
  /** The person has seen all there are. */
  readonly look: () => void;
}

/** What was looked at is remembered as long as the page: after a reload, what is still kept asks to be seen again. */
export function createLooked(refusals: Observable<readonly Refusal[]>): Looked {
  const seen = new Set<string>();
  const listeners = new Set<() => void>();
  return {
    open: {
      get: () => refusals.get().filter(({ id }) => !seen.has(id)).length,
      subscribe(listener) {
        listeners.add(listener);
        const leave = refusals.subscribe(listener);
        return () => {
          listeners.delete(listener);
          leave();
        };
      },
    },
    look() {
      for (const { id } of refusals.get()) seen.add(id);
      for (const listener of listeners) listener();
    },
  };
}
