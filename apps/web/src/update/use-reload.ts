import { use, useState } from 'react';
import { SessionContext } from '../session/context.ts';
import { useUpdates } from './context.ts';
import { reloadSafely } from './reload.ts';

/** Said where a reload was asked for and did not come. */
export const WOULD_LOSE = 'Not everything is saved on this device yet. A reload now would lose it.';

export interface Reload {
  /** What came of asking: nothing yet, or that it would lose something. */
  readonly asked: 'no' | 'waiting' | 'unsaved';
  readonly ask: () => void;
}

/** A reload into the newest release that loses nothing, and what came of it. */
export function useReload(): Reload {
  const updates = useUpdates();
  const session = use(SessionContext);
  const [asked, setAsked] = useState<Reload['asked']>('no');
  const take = async (): Promise<void> => {
    setAsked('waiting');
    // A device that cannot say that it has everything may not have it.
    const outcome = await reloadSafely({
      ...{ updates, session, reload: () => location.reload() },
    }).catch(() => 'unsaved' as const);
    if (outcome === 'unsaved') setAsked('unsaved');
  };
  return {
    asked,
    ask: () => {
      if (asked !== 'waiting') void take();
    },
  };
}
