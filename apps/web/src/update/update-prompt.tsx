import { useObservable } from '@weft/react';
import { type ReactNode, use, useState } from 'react';
import { SessionContext } from '../session/context.ts';
import { useUpdates } from './context.ts';
import { reloadSafely } from './reload.ts';

type Asked = 'no' | 'waiting' | 'unsaved';

/** Says that a new release is there. The person decides when: nothing reloads by itself. */
export function UpdatePrompt(): ReactNode {
  const updates = useUpdates();
  const freshness = useObservable(updates);
  const session = use(SessionContext);
  const [asked, setAsked] = useState<Asked>('no');
  const [later, setLater] = useState(false);
  const take = async () => {
    setAsked('waiting');
    const outcome = await reloadSafely({ updates, session, reload: () => location.reload() });
    if (outcome === 'unsaved') setAsked('unsaved');
  };
  if (freshness === 'current' || later) return null;
  return (
    <section className="update-prompt" aria-label="New version">
      <p role="status">
        {asked === 'unsaved'
          ? 'Not everything is saved on this device yet. A reload now would lose it.'
          : 'A new version is ready'}
      </p>
      <button
        type="button"
        className="button"
        data-kind="primary"
        aria-disabled={asked === 'waiting'}
        onClick={() => {
          if (asked !== 'waiting') void take();
        }}
      >
        Reload
      </button>
      <button type="button" className="button" onClick={() => setLater(true)}>
        Later
      </button>
    </section>
  );
}
