import type { DirectoryEntry } from '@weft/protocol';
import { Plus, Search } from 'lucide-react';
import { type ReactNode, useId } from 'react';
import { DirectList } from '../direct/direct-list.tsx';
import { IconButton } from '../parts/icon-button.tsx';
import { modKey } from '../parts/keys.ts';
import { ListSkeleton } from '../parts/skeleton.tsx';
import type { Route } from '../routing/routes.ts';
import { usePresence } from '@weft/react';
import { PeopleRow } from '../presence/people-row.tsx';
import { useSession } from '../session/context.ts';
import { useShell } from '../shell/context.ts';
import { useOffline } from '../sync/use-offline.ts';
import { ArchivedList } from './archived-list.tsx';
import { EntryRow } from './entry-row.tsx';
import { placesOf } from './places.ts';
import { WorkspaceMenu } from './workspace-menu.tsx';

/** The directory of the workspace. */
export function Sidebar({
  route,
  openCommands,
  children,
}: {
  readonly route: Route;
  readonly openCommands: () => void;
  /** What stands at its foot. */
  readonly children: ReactNode;
}): ReactNode {
  const { workspace } = useShell();
  const { person } = useSession();
  const presence = usePresence(workspace);
  return (
    <nav className="sidebar" aria-label="Workspace">
      <div className="sidebar-head">
        <WorkspaceMenu />
        <button type="button" className="sidebar-search" onClick={openCommands}>
          <Search size={16} aria-hidden="true" strokeWidth={1.75} />
          <span>Jump to…</span>
          <kbd aria-hidden="true">{modKey('K')}</kbd>
        </button>
      </div>
      <div className="sidebar-lists">
        <Section kind="document" title="Documents" newLabel="New document" route={route} />
        <Section kind="channel" title="Channels" newLabel="New channel" route={route} />
        <DirectList shown={shownOf(route)} />
        <PeopleRow presence={presence} me={person} />
        <ArchivedList shown={shownOf(route)} />
      </div>
      <div className="sidebar-foot">{children}</div>
    </nav>
  );
}

/** The id of what is on the screen. */
function shownOf(route: Route): string | undefined {
  return route.screen === 'document' || route.screen === 'channel' ? route.id : undefined;
}

function Section({
  kind,
  title,
  newLabel,
  route,
}: {
  readonly kind: DirectoryEntry['kind'];
  readonly title: string;
  readonly newLabel: string;
  readonly route: Route;
}): ReactNode {
  const { entries, phase, mayWrite, create } = useShell();
  const offline = useOffline();
  const heading = useId();
  const own = entries.filter((entry) => entry.kind === kind && entry.archived !== true);
  const shown = route.screen === kind ? route.id : undefined;
  return (
    <section className="sidebar-section" aria-labelledby={heading}>
      <div className="sidebar-section-head">
        <h2 id={heading}>{title}</h2>
        {mayWrite ? (
          <IconButton
            icon={Plus}
            label={newLabel}
            onClick={() => create(kind)}
            // Something made before the directory is read could not be shown in its place.
            disabled={phase === 'loading'}
          />
        ) : null}
      </div>
      {own.length > 0 ? (
        <ul className="sidebar-list">
          {own.map((entry, index) => (
            <EntryRow
              key={entry.id}
              entry={entry}
              current={entry.id === shown}
              places={placesOf(own, index)}
            />
          ))}
        </ul>
      ) : phase === 'synced' ? (
        <p className="sidebar-empty">
          {kind === 'document' ? 'No documents yet' : 'No channels yet'}
        </p>
      ) : offline ? (
        <p className="sidebar-empty">Not on this device yet</p>
      ) : (
        <ListSkeleton />
      )}
    </section>
  );
}
