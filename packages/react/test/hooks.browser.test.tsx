import type { DocumentCopy, DocumentHandle, DocumentStatus, Weft } from '@weft/client';
import { act, StrictMode, type ReactNode } from 'react';
import { createRoot, type Root } from 'react-dom/client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Awareness } from 'y-protocols/awareness';
import * as Y from 'yjs';
import { DocumentEditor, useDocument, useDocumentStatus, WeftProvider } from '../src/index.ts';

Reflect.set(globalThis, 'IS_REACT_ACT_ENVIRONMENT', true);

const still = <T,>(state: T) => ({ get: () => state, subscribe: () => () => {} });

/** A client that counts holders, and handles whose status a test sets. */
function countingWeft() {
  const holders = new Map<string, number>();
  const status = new Map<string, (next: DocumentStatus) => void>();
  const replace = new Map<string, () => void>();
  const document = (id: string): DocumentHandle => {
    holders.set(id, (holders.get(id) ?? 0) + 1);
    let doc = new Y.Doc();
    let awareness = new Awareness(doc);
    let copy: DocumentCopy = { number: 1, because: 'opened' };
    let open = true;
    const copied = new Set<() => void>();
    replace.set(id, () => {
      doc = new Y.Doc();
      awareness = new Awareness(doc);
      copy = { number: copy.number + 1, because: 'refused' };
      for (const listener of copied) listener();
    });
    let now: DocumentStatus = { state: 'stored', waiting: 0 };
    const listeners = new Set<() => void>();
    status.set(id, (next) => {
      now = next;
      for (const listener of listeners) listener();
    });
    return {
      id,
      get doc() {
        return doc;
      },
      get awareness() {
        return awareness;
      },
      copy: {
        get: () => copy,
        subscribe(listener) {
          copied.add(listener);
          return () => copied.delete(listener);
        },
      },
      loaded: Promise.resolve(),
      synced: Promise.resolve(),
      phase: still('synced' as const),
      status: {
        get: () => now,
        subscribe(listener) {
          listeners.add(listener);
          return () => listeners.delete(listener);
        },
      },
      access: still({ state: 'editor' as const }),
      close() {
        if (open) holders.set(id, (holders.get(id) ?? 0) - 1);
        open = false;
        doc.destroy();
      },
    };
  };
  const notHere = (): never => {
    throw new Error('not part of this test');
  };
  const weft: Weft = {
    connection: still({ state: 'online' as const }),
    pending: still(0),
    unsavedMessages: still(0),
    storage: {
      ...still({ state: 'durable' as const }),
      estimate: notHere,
      requestPersist: notHere,
      documents: notHere,
      evict: notHere,
    },
    refusals: still([]),
    discard: notHere,
    activity: notHere,
    document,
    directs: still([]),
    direct: notHere,
    conversation: notHere,
    workspace: notHere,
    search: notHere,
    prepareSearch: notHere,
    connect: notHere,
    disconnect: notHere,
    flush: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
  return { weft, holders, status, replace };
}

let place: HTMLElement;
let root: Root;

beforeEach(() => {
  place = document.createElement('div');
  document.body.append(place);
  root = createRoot(place);
});

afterEach(() => {
  act(() => root.unmount());
  place.remove();
});

function show(weft: Weft, children: ReactNode): void {
  act(() =>
    root.render(
      <StrictMode>
        <WeftProvider weft={weft}>{children}</WeftProvider>
      </StrictMode>,
    ),
  );
}

function Status({ id }: { readonly id: string }): ReactNode {
  const handle = useDocument(id);
  const status = useDocumentStatus(handle);
  return <p>{handle === undefined ? 'none' : `${handle.id} ${status.state}`}</p>;
}

function Page({ id }: { readonly id: string }): ReactNode {
  const handle = useDocument(id);
  if (handle === undefined) return null;
  return <DocumentEditor handle={handle} user={{ name: 'Ann', color: '#2770c5' }} editable />;
}

describe('hooks', () => {
  it('hold a document once while mounted, StrictMode included, and let go of it', () => {
    const { weft, holders } = countingWeft();
    show(weft, <Status id="a" />);
    expect(place.textContent).toBe('a stored');
    expect(holders.get('a')).toBe(1);
    show(weft, <Status id="b" />);
    expect(place.textContent).toBe('b stored');
    expect([holders.get('a'), holders.get('b')]).toEqual([0, 1]);
    show(weft, null);
    expect(holders.get('b')).toBe(0);
  });

  it('render again when an observable changes', () => {
    const { weft, status } = countingWeft();
    show(weft, <Status id="a" />);
    act(() => status.get('a')?.({ state: 'local', waiting: 2 }));
    expect(place.textContent).toBe('a local');
  });

  it('[D8] the editor component shows one editor, writes nothing, and changes its document with the id', () => {
    const { weft } = countingWeft();
    show(weft, <Page id="a" />);
    expect(place.querySelectorAll('[role=textbox]')).toHaveLength(1);
    const first = place.querySelector('[role=textbox]');
    show(weft, <Page id="b" />);
    expect(place.querySelectorAll('[role=textbox]')).toHaveLength(1);
    expect(place.querySelector('[role=textbox]')).not.toBe(first);
    show(weft, null);
    expect(place.querySelector('[role=textbox]')).toBeNull();
  });

  it('another copy of a document is another handle, with an editor of its own; the holder stays', () => {
    const { weft, holders, replace } = countingWeft();
    show(weft, <Page id="a" />);
    const first = place.querySelector('[role=textbox]');
    act(() => replace.get('a')?.());
    expect(place.querySelectorAll('[role=textbox]')).toHaveLength(1);
    expect(place.querySelector('[role=textbox]')).not.toBe(first);
    expect(holders.get('a')).toBe(1);
  });
});
