import type { Observable, Refusal } from '@weft/client';

/** How many refusals a person has not looked at yet. */
export interface Looked {
  readonly open: Observable<number>;
  /** The person has seen all there are. */
  readonly look: () => void;
}

export function createLooked(refusals: Observable<readonly Refusal[]>): Looked {
  let seen = 0;
  const listeners = new Set<() => void>();
  return {
    open: {
      get: () => Math.max(0, refusals.get().length - seen),
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
      seen = refusals.get().length;
      for (const listener of listeners) listener();
    },
  };
}
