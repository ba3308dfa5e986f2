import { useCallback, useSyncExternalStore } from 'react';
import type * as Y from 'yjs';

/** Whether a document holds nothing at all, not even deleted things, or is not open yet; renders again when that changes. */
export function useEmpty(doc: Y.Doc | undefined): boolean {
  const subscribe = useCallback(
    (changed: () => void) => {
      doc?.on('update', changed);
      return () => doc?.off('update', changed);
    },
    [doc],
  );
  return useSyncExternalStore(subscribe, () => doc === undefined || doc.store.clients.size === 0);
}
