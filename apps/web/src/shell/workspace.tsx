import { MAIN_WORKSPACE, conversationKind } from '@weft/protocol';
import { useObservable, useUnread, useWeft, useWorkspace } from '@weft/react';
import { type ReactNode, useCallback, useEffect, useMemo, useState } from 'react';
import { ChannelPage } from '../channel/channel-page.tsx';
import { CommandMenu } from '../command/command-menu.tsx';
import { DirectPage } from '../direct/direct-page.tsx';
import type { KnownPerson } from '../direct/known-people.ts';
import { NewMessage } from '../direct/new-message.tsx';
import { useDirects } from '../direct/use-directs.ts';
import { useKnownPeople } from '../direct/use-known-people.ts';
import { DocumentPage } from '../page/document-page.tsx';
import { watchActivity } from '../presence/activity.ts';
import { pathOf } from '../routing/routes.ts';
import { navigate, useRoute } from '../routing/use-route.ts';
import { SearchDialog } from '../search/search-dialog.tsx';
import { useSession } from '../session/context.ts';
import { Sidebar } from '../sidebar/sidebar.tsx';
import { DeviceBanner } from '../status/device-banner.tsx';
import { StatusChip, useSaid } from '../status/status-chip.tsx';
import { guardClosing } from '../sync/close-guard.ts';
import { type Shell, ShellContext } from './context.ts';
import { HomePage } from './home-page.tsx';
import { MissingPage } from './missing-page.tsx';
import { useAccess } from '../conversation/access.ts';
import { Pane } from './pane.tsx';
import { useKeys } from './use-keys.ts';
import { usePanes } from './use-panes.ts';

const NO_ENTRIES = [] as const;
/** Everything behind the door: the directory, the page, and the conversation beside it. */
export function Workspace(): ReactNode {
  const route = useRoute();
  const weft = useWeft();
  const panes = usePanes();
  const { work, madeHere } = useSession();
  const workspace = useWorkspace(MAIN_WORKSPACE);
  const entries = useObservable(workspace?.entries, NO_ENTRIES);
  const phase = useObservable(workspace?.phase, 'loading');
  const access = useAccess(workspace);
  // Before the server was asked, what the device knows is taken for granted: it works without a network.
  const mayWrite = workspace !== undefined && ['owner', 'editor', 'unknown'].includes(access.state);
  const [commands, setCommands] = useState(false);
  const channels = entries
    .filter(({ kind, archived }) => kind === 'channel' && archived !== true)
    .map(({ id }) => id);
  const people = useKnownPeople(channels);
  const directs = useDirects(people, route.screen === 'channel' ? route.id : undefined);
  const unread = useUnread([...channels, ...directs.map(({ id }) => id)]);
  const said = useSaid();
  const [searching, setSearching] = useState(false);
  const search = useCallback(() => setSearching(true), []);
  const [writing, setWriting] = useState(false);
  const newMessage = useCallback(() => setWriting(true), []);

  useEffect(
    () => (workspace === undefined ? undefined : work.include(workspace)),
    [workspace, work],
  );
  useEffect(() => guardClosing(work.status, window), [work]);
  useEffect(() => watchActivity(window, Date.now, (state) => weft.activity(state)), [weft]);
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
  const write = useCallback(
    (person: KnownPerson) => {
      weft.direct(person).then(
        (id) => {
          if (panes.narrow) panes.setOpen('left', false);
          navigate(pathOf({ kind: 'channel', id }), { fresh: true });
        },
        () => setWriting(true),
      );
    },
    [weft, panes],
  );
  useKeys({
    '\\': () => panes.toggle('left'),
    '.': () => panes.toggle('right'),
    k: () => {
      setSearching(false);
      setCommands((open) => !open);
    },
    g: () => {
      setCommands(false);
      setSearching((open) => !open);
    },
  });
  const shell = useMemo<Shell>(
    () => ({
      panes,
      workspace,
      entries,
      phase,
      mayWrite,
      unread,
      directs,
      search,
      newMessage,
      create,
    }),
    [panes, workspace, entries, phase, mayWrite, unread, directs, search, newMessage, create],
  );

  const chip = <StatusChip {...said} />;
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
            <DocumentPage key={route.id} id={route.id} beside={route.beside} />
          ) : route.screen === 'channel' && conversationKind(route.id).kind === 'direct' ? (
            <DirectPage key={route.id} id={route.id} />
          ) : route.screen === 'channel' ? (
            <ChannelPage key={route.id} id={route.id} />
          ) : route.screen === 'home' ? (
            <HomePage />
          ) : (
            <MissingPage />
          )}
          {docked ? null : <div className="floating-chip">{chip}</div>}
          <CommandMenu open={commands} setOpen={setCommands} />
          <SearchDialog open={searching} setOpen={setSearching} />
          <NewMessage open={writing} setOpen={setWriting} people={people} write={write} />
        </div>
      </div>
    </ShellContext>
  );
}
