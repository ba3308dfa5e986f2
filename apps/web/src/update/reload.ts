import type { Weft } from '@weft/client';
import type { Work } from '../sync/work.ts';
import type { Updates } from './updates.ts';

/** What came of asking for a reload. */
export type ReloadOutcome =
  | 'reloading'
  /** Something is not on the device and would be lost. */
  | 'unsaved';

export interface ReloadParts {
  readonly updates: Pick<Updates, 'take'>;
  /** Absent before anybody signed in: there is nothing to keep. */
  readonly session?:
    | { readonly weft: Pick<Weft, 'flush'>; readonly work: Pick<Work, 'status'> }
    | undefined;
  readonly reload: () => void;
}

/**
 * Opens the newest release, once everything typed is on the device. The new release takes over first, and the device
 * is waited for last: a person may type on meanwhile.
 */
export async function reloadSafely({
  updates,
  session,
  reload,
}: ReloadParts): Promise<ReloadOutcome> {
  await updates.take();
  if (session !== undefined) {
    await session.weft.flush();
    if (session.work.status.get().state === 'unsaved') return 'unsaved';
  }
  reload();
  return 'reloading';
}
