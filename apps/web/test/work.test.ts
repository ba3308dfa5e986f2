import type { DocumentStatus, Observable } from '@weft/client';
import { describe, expect, it } from 'vitest';
import { guardClosing } from '../src/sync/close-guard.ts';
import { combine, createWork } from '../src/sync/work.ts';

function value<T>(initial: T): Observable<T> & { set(next: T): void } {
  let now = initial;
  const listeners = new Set<() => void>();
  return {
    get: () => now,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    set(next) {
      now = next;
      for (const listener of listeners) listener();
    },
  };
}

const stored: DocumentStatus = { state: 'stored', waiting: 0 };

describe('one status for all work', () => {
  it('[D2] is stored only when everything is, what was left unsent included', () => {
    expect(combine([stored, stored], 0, 0)).toEqual(stored);
    expect(combine([stored], 1, 0)).toEqual({ state: 'local', waiting: 1 });
    expect(combine([stored, { state: 'local', waiting: 3 }], 2, 0)).toEqual({
      state: 'local',
      waiting: 4,
    });
  });

  it('[D2] is not stored before anything is known', () => {
    expect(combine([], 0, 0)).toEqual({ state: 'local', waiting: 0 });
    expect(combine([stored, { state: 'local', waiting: 0 }], 0, 0)).toEqual({
      state: 'local',
      waiting: 0,
    });
  });

  it('is unsaved as long as anything is', () => {
    expect(
      combine(
        [
          { state: 'unsaved', waiting: 1 },
          { state: 'local', waiting: 2 },
        ],
        2,
        0,
      ),
    ).toEqual({
      state: 'unsaved',
      waiting: 3,
    });
  });

  it('[C7] is unsaved while a message is in this tab alone, and the tab asks before it closes', () => {
    const unsavedMessages = value(0);
    const work = createWork({ pending: value(0), unsavedMessages });
    work.include({ status: value<DocumentStatus>(stored) });
    const page = new EventTarget();
    guardClosing(work.status, page);
    const asks = () => !page.dispatchEvent(new Event('beforeunload', { cancelable: true }));
    expect(asks()).toBe(false);
    unsavedMessages.set(1);
    expect(work.status.get()).toEqual({ state: 'unsaved', waiting: 1 });
    expect(asks()).toBe(true);
    unsavedMessages.set(0);
    expect(work.status.get()).toEqual(stored);
    expect(asks()).toBe(false);
  });

  it('[D2] follows what is on the screen and what left it', () => {
    const pending = value(0);
    const page = value<DocumentStatus>(stored);
    const work = createWork({ pending, unsavedMessages: value(0) });
    let changes = 0;
    work.status.subscribe(() => (changes += 1));
    const leave = work.include({ status: page });
    expect(work.status.get()).toEqual(stored);
    pending.set(1);
    page.set({ state: 'local', waiting: 5 });
    expect(work.status.get()).toEqual({ state: 'local', waiting: 5 });
    leave();
    expect(work.status.get()).toEqual({ state: 'local', waiting: 1 });
    expect(changes).toBeGreaterThan(0);
  });
});
