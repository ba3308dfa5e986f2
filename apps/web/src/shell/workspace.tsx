import type { DocumentAccess } from '@weft/client';
import { MAIN_WORKSPACE } from '@weft/protocol';
import { useObservable, useWorkspace } from '@weft/react';
import { type ReactNode, useCallback, useEffect, useMemo, useState } from 'react';
import { ChannelPage } from '../channel/channel-page.tsx';
import { CommandMenu } from '../command/command-menu.tsx';
import { DocumentPage } from '../page/document-page.tsx';
import { pathOf } from '../routing/routes.ts';
import { navigate, useRoute } from '../routing/use-route.ts';
import { useSession } from '../session/context.ts';
import { Sidebar } from '../sidebar/sidebar.tsx';
import { DeviceBanner } from '../status/device-banner.tsx';
import { StatusChip } from '../status/status-chip.tsx';
import { guardClosing } from '../sync/close-guard.ts';
import { type Shell, ShellContext } from './context.ts';
import { HomePage } from './home-page.tsx';
import { MissingPage } from './missing-page.tsx';
import { Pane } from './pane.tsx';
import { useKeys } from './use-keys.ts';
import { usePanes } from './use-panes.ts';

const NO_ENTRIES = [] as const;
const UNKNOWN: DocumentAccess = { state: 'unknown' };

/** Everything behind the door: the directory, the page, and the conversation beside it. */
export function Workspace(): ReactNode {
  const route = useRoute();
  const panes = usePanes();
  const { work, madeHere } = useSession();
  const workspace = useWorkspace(MAIN_WORKSPACE);
  const entries = useObservable(workspace?.entries, NO_ENTRIES);
  const phase = useObservable(workspace?.phase, 'loading');
  const access = useObservable(workspace?.access, UNKNOWN);
  // Before the server was asked, what the device knows is taken for granted: it works without a network.
  const mayWrite =
    workspace !== undefined && (access.state === 'editor' || access.state === 'unknown');
  const [commands, setCommands] = useState(false);

  useEffect(
    () => (workspace === undefined ? undefined : work.include(workspace)),
    [workspace, work],
  );
  useEffect(() => guardClosing(work.status, window), [work]);
  const create = useCallback<Shell['create']>(
    (kind) => {
      if (workspace === undefined) return;
      const id = workspace.create(kind, '');
      madeHere.add(id);
      panes.setOpen('left', !panes.narrow && panes.left.open);
      navigate(pathOf({ kind, id }), { fresh: true });
    },
    [workspace, madeHere, panes],
  );
  useKeys({
    '\\': () => panes.toggle('left'),
    '.': () => panes.toggle('right'),
    k: () => setCommands((open) => !open),
  });
  const shell = useMemo<Shell>(
    () => ({ panes, workspace, entries, phase, mayWrite, create }),
    [panes, workspace, entries, phase, mayWrite, create],
  );

  const chip = <StatusChip />;
  const docked = !panes.narrow && panes.left.open;
  return (
    <ShellContext value={shell}>
      <div className="frame">
        <DeviceBanner />
        <div className="shell">
          <a className="skip" href="#page">
            Skip to the page
          </a>
          <Pane side="left" panes={panes} label="Workspace">
            <Sidebar route={route} openCommands={() => setCommands(true)}>
              {docked ? chip : null}
            </Sidebar>
          </Pane>
          {route.screen === 'document' ? (
            <DocumentPage key={route.id} id={route.id} />
          ) : route.screen === 'channel' ? (
            <ChannelPage key={route.id} id={route.id} />
          ) : route.screen === 'home' ? (
            <HomePage />
          ) : (
            <MissingPage />
          )}
          {docked ? null : <div className="floating-chip">{chip}</div>}
          <CommandMenu open={commands} setOpen={setCommands} />
        </div>
      </div>
    </ShellContext>
  );
}
