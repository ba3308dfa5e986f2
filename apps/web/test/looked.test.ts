import type { Observable, Refusal } from '@weft/client';
import { describe, expect, it } from 'vitest';
import { createLooked } from '../src/status/looked.ts';

function list(): Observable<readonly Refusal[]> & { set(ids: readonly string[]): void } {
  let refusals: readonly Refusal[] = [];
  const listeners = new Set<() => void>();
  return {
    get: () => refusals,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    set(ids) {
      refusals = ids.map((id) => ({
        id,
        document: 'document/a',
        code: 'type-forbidden',
        message: 'No.',
        at: 0,
        text: 'text',
        bytes: Uint8Array.of(0, 0),
      }));
      for (const listener of listeners) listener();
    },
  };
}

describe('what a person has not looked at', () => {
  it('counts what came since they looked, whatever was discarded in between', () => {
    const refusals = list();
    const looked = createLooked(refusals);
    let told = 0;
    looked.open.subscribe(() => (told += 1));
    refusals.set(['a', 'b']);
    expect(looked.open.get()).toBe(2);
    looked.look();
    expect(looked.open.get()).toBe(0);
    refusals.set(['b']);
    refusals.set(['b', 'c']);
    expect(looked.open.get()).toBe(1);
    expect(told).toBe(4);
  });
});
