import { personColor } from '@weft/editor';
import type { Observable } from '@weft/client';
import { useObservable } from '@weft/react';
import { useMemo } from 'react';
import type { Awareness } from 'y-protocols/awareness';

/** A person who has this document open, in however many tabs. */
export interface Present {
  /** What names them for ever: the server puts it into every state that it passes on. */
  readonly sub: string;
  readonly name: string;
  readonly color: string;
}

/**
 * The people in awareness states, by name, each once; the viewer not among them. A state without a person
 * (another client's, or one that just began) is nobody yet.
 */
export function peopleIn(
  states: ReadonlyMap<number, unknown>,
  me: { readonly sub: string },
): readonly Present[] {
  const people = new Map<string, Present>();
  for (const state of states.values()) {
    const user = isRecord(state) ? state['user'] : undefined;
    if (!isRecord(user)) continue;
    const { sub, name } = user;
    if (typeof sub !== 'string' || typeof name !== 'string' || sub === me.sub) continue;
    people.set(sub, { sub, name, color: personColor(sub) });
  }
  return [...people.values()].toSorted(
    (a, b) => a.name.localeCompare(b.name) || (a.sub < b.sub ? -1 : 1),
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** The people in an awareness, as an observable whose list stays the same until somebody comes or goes. */
export function observePeople(
  awareness: Awareness,
  me: { readonly sub: string },
): Observable<readonly Present[]> {
  let key = '[]';
  let people: readonly Present[] = [];
  return {
    subscribe(changed) {
      awareness.on('change', changed);
      return () => awareness.off('change', changed);
    },
    get() {
      // Carets change states many times a second; people come and go.
      const next = peopleIn(awareness.getStates(), me);
      const nextKey = JSON.stringify(next);
      if (nextKey !== key) {
        key = nextKey;
        people = next;
      }
      return people;
    },
  };
}

/** Who else is in a document. */
export function usePeople(awareness: Awareness, me: { readonly sub: string }): readonly Present[] {
  return useObservable(useMemo(() => observePeople(awareness, me), [awareness, me]));
}
