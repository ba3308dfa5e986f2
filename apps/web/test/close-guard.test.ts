import type { DocumentStatus } from '@weft/client';
import { describe, expect, it } from 'vitest';
import { guardClosing } from '../src/sync/close-guard.ts';

function setup() {
  let value: DocumentStatus = { state: 'stored', waiting: 0 };
  const listeners = new Set<() => void>();
  const page = new EventTarget();
  const leave = guardClosing(
    {
      get: () => value,
      subscribe: (listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
    page,
  );
  return {
    leave,
    become: (next: DocumentStatus) => {
      value = next;
      for (const listener of listeners) listener();
    },
    /** Whether the person would be asked. */
    asks: () => !page.dispatchEvent(new Event('beforeunload', { cancelable: true })),
  };
}

describe('closing the tab', () => {
  it('[D2] is asked about only while something is neither on the device nor on the server', () => {
    const { become, asks, leave } = setup();
    expect(asks()).toBe(false);
    become({ state: 'unsaved', waiting: 1 });
    expect(asks()).toBe(true);
    become({ state: 'local', waiting: 1 });
    expect(asks()).toBe(false);
    become({ state: 'unsaved', waiting: 2 });
    leave();
    expect(asks()).toBe(false);
  });
});
