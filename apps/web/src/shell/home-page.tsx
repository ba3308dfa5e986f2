import { CloudOff, FilePlus2 } from 'lucide-react';
import { type ReactNode, useEffect } from 'react';
import { Notice } from '../parts/notice.tsx';
import { PageSkeleton } from '../parts/skeleton.tsx';
import { pathOf } from '../routing/routes.ts';
import { navigate } from '../routing/use-route.ts';
import { useOffline } from '../sync/use-offline.ts';
import { useShell } from './context.ts';
import { PageHeader } from './page-header.tsx';
import { useTitle } from './use-title.ts';

/** `/`: goes to the first document, or offers to write it. */
export function HomePage(): ReactNode {
  const { entries, phase, mayWrite, create } = useShell();
  const offline = useOffline();
  const first = entries.find(({ kind }) => kind === 'document') ?? entries[0];
  useTitle('');
  useEffect(() => {
    if (first !== undefined) navigate(pathOf(first), { replace: true });
  }, [first]);

  return (
    <main className="page" id="page">
      <PageHeader />
      {first !== undefined || (phase !== 'synced' && !offline) ? (
        <PageSkeleton />
      ) : phase === 'synced' ? (
        <Notice
          icon={FilePlus2}
          title="Nothing here yet"
          action={
            mayWrite ? (
              <button
                type="button"
                className="button"
                data-kind="primary"
                onClick={() => create('document')}
              >
                Write the first page
              </button>
            ) : undefined
          }
        >
          A workspace holds documents and channels. Everybody in it sees them at once.
        </Notice>
      ) : (
        <Notice icon={CloudOff} title="This workspace is not on this device yet">
          It appears as soon as you are online once. After that it opens without a network.
        </Notice>
      )}
    </main>
  );
}
