import { useCallback, useSyncExternalStore } from 'react';
import type * as Y from 'yjs';

/** Whether a document holds nothing at all, not even deleted things; renders again when that changes. */
export function useEmpty(doc: Y.Doc): boolean {
  const subscribe = useCallback(
    (changed: () => void) => {
      doc.on('update', changed);
      return () => doc.off('update', changed);
    },
    [doc],
  );
  return useSyncExternalStore(subscribe, () => doc.store.clients.size === 0);
}
