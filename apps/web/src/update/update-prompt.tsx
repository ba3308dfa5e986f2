import { useObservable } from '@weft/react';
import { type ReactNode, use, useEffect, useState } from 'react';
import { SessionContext } from '../session/context.ts';
import { useUpdates } from './context.ts';
import { followUpdate } from './follow-update.ts';
import { WOULD_LOSE, useReload } from './use-reload.ts';

/**
 * Says that a new release is there. The person decides when it is taken; then all tabs reload, each as soon as everything
 * typed in it is safe.
 */
export function UpdatePrompt(): ReactNode {
  const updates = useUpdates();
  const freshness = useObservable(updates);
  const session = use(SessionContext);
  const { asked, ask } = useReload();
  const [later, setLater] = useState(false);
  useEffect(
    () => followUpdate({ updates, session, reload: () => location.reload() }),
    [updates, session],
  );
  if (freshness === 'current' || later) return null;
  return (
    <section className="update-prompt" aria-label="New version">
      <p role="status">{asked === 'unsaved' ? WOULD_LOSE : 'A new version is ready'}</p>
      <button
        type="button"
        className="button"
        data-kind="primary"
        aria-disabled={asked === 'waiting'}
        onClick={ask}
      >
        Reload
      </button>
      <button type="button" className="button" onClick={() => setLater(true)}>
        Later
      </button>
    </section>
  );
}
