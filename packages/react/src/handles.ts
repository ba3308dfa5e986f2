import type {
  ConversationHandle,
  DocumentCopy,
  DocumentHandle,
  WorkspaceHandle,
} from '@weft/client';
import { useLayoutEffect, useMemo, useState } from 'react';
import { useObservable } from './observable.ts';
import { useWeft } from './provider.tsx';

/**
 * Holds one thing open while a component is mounted. Each `open` is one holder and is closed exactly once, also
 * when StrictMode mounts twice; a handle of an earlier id is never returned.
 */
function useHeld<H extends { close(): void }>(
  key: unknown,
  id: string,
  open: () => H,
): H | undefined {
  const [held, setHeld] = useState<{
    readonly id: string;
    readonly key: unknown;
    readonly handle: H;
  }>();
  // Before the paint: a document that is on the device must not flash an empty page first.
  useLayoutEffect(() => {
    const handle = open();
    setHeld({ id, key, handle });
    return () => handle.close();
    // `open` is a new function at each render and means the same for the same id and client.
    // oxlint-disable-next-line react/exhaustive-deps
  }, [id, key]);
  return held?.id === id && held.key === key ? held.handle : undefined;
}

/** Of no handle, no copy: one object, so that nothing renders again for it. */
const NO_COPY: DocumentCopy = { number: 0, because: 'opened' };

/**
 * The document with this id, held open while mounted; `undefined` only at the very first render. When another copy of
 * it takes the place of this one, the handle is another object too: whatever was made for `doc` is made anew.
 */
export function useDocument(id: string): DocumentHandle | undefined {
  const weft = useWeft();
  const handle = useHeld(weft, id, () => weft.document(id));
  const copy = useObservable(handle?.copy, NO_COPY);
  return useMemo(
    () => (handle === undefined || copy.number === 0 ? undefined : { ...handle }),
    [handle, copy],
  );
}

/** The conversation with this id, held open while mounted; a document's conversation has the document's id. */
export function useConversation(id: string): ConversationHandle | undefined {
  const weft = useWeft();
  return useHeld(weft, id, () => weft.conversation(id));
}

/** The workspace directory with this id, held open while mounted. */
export function useWorkspace(id: string): WorkspaceHandle | undefined {
  const weft = useWeft();
  return useHeld(weft, id, () => weft.workspace(id));
}
