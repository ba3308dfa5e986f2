import { afterEach, describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { exposeForTest, weftProbe, yWebsocketProbe } from '../src/expose.ts';

/** A document of a client whose state a test sets. */
function documentOf(first: string) {
  let state = first;
  const listeners = new Set<() => void>();
  return {
    doc: new Y.Doc(),
    awareness: {},
    status: {
      get: () => ({ state }),
      subscribe: (call: () => void) => {
        listeners.add(call);
        return () => listeners.delete(call);
      },
    },
    listeners,
    becomes: (next: string) => {
      state = next;
      for (const call of listeners) call();
    },
  };
}

describe('a document that is handed to tests', () => {
  afterEach(() => {
    globalThis.__convergence__ = undefined;
  });

  it('is found under its name, and is settled once its app says so and not before', async () => {
    const handle = documentOf('local');
    exposeForTest(weftProbe(handle), 'plan');
    const probe = globalThis.__convergence__;
    if (probe === undefined) throw new Error('It is not there.');
    expect(probe.names()).toEqual(['plan']);
    expect(probe.states()).toBe('plan: local');
    let settled = false;
    const settling = probe.settled().then(() => {
      settled = true;
    });
    handle.becomes('unsaved');
    await Promise.resolve();
    expect(settled).toBe(false);
    handle.becomes('stored');
    await settling;
    expect(handle.listeners.size).toBe(0);
    expect(probe.states()).toBe('plan: stored');
  });

  it('stands beside others, and the newest of a name counts', async () => {
    const listeners = new Set<() => void>();
    const provider = {
      doc: new Y.Doc(),
      awareness: {},
      synced: true,
      on: (_: string, call: () => void) => listeners.add(call),
      off: (_: string, call: () => void) => listeners.delete(call),
    };
    exposeForTest({ yDoc: new Y.Doc(), settled: () => new Promise(() => undefined) });
    exposeForTest(yWebsocketProbe(provider));
    exposeForTest({ yDoc: new Y.Doc() }, 'other');
    await globalThis.__convergence__?.settled();
    expect(globalThis.__convergence__?.names()).toEqual(['document', 'other']);
    expect(globalThis.__convergence__?.states()).toBe('document: synced, other: unknown');
    expect(listeners.size).toBe(0);
  });
});
