import type { ConversationHandle, DocumentAccess, DocumentHandle } from '@weft/client';
import { useObservable } from '@weft/react';

const UNKNOWN: DocumentAccess = { state: 'unknown' };

/** What this person may do in a conversation or a document; unknown before it is open. */
export function useAccess(
  handle: Pick<ConversationHandle | DocumentHandle, 'access'> | undefined,
): DocumentAccess {
  return useObservable(handle?.access, UNKNOWN);
}

/** Whether words may be written under an access; while it is unknown, they wait on the device. */
export function mayWriteUnder({ state }: DocumentAccess): boolean {
  return state !== 'reader' && state !== 'outdated' && state !== 'denied';
}
