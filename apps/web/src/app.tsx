import { useObservable, WeftProvider } from '@weft/react';
import { Tooltip } from 'radix-ui';
import { type ReactNode, useMemo } from 'react';
import { Rescue } from './parts/rescue.tsx';
import { SessionContext } from './session/context.ts';
import type { SessionStore } from './session/session.ts';
import { SignIn } from './session/sign-in.tsx';
import { Workspace } from './shell/workspace.tsx';
import { UpdatesContext } from './update/context.ts';
import { UpdatePrompt } from './update/update-prompt.tsx';
import type { Updates } from './update/updates.ts';

/** The whole app: a door, and the workspace behind it. */
export function App({
  sessions,
  updates,
}: {
  readonly sessions: SessionStore;
  readonly updates: Updates;
}): ReactNode {
  const session = useObservable(sessions);
  const value = useMemo(
    () =>
      session.state === 'signed-in' ? { ...session, signOut: () => sessions.signOut() } : undefined,
    [session, sessions],
  );
  return (
    <UpdatesContext value={updates}>
      <Rescue>
        <SessionContext value={value}>
          {value === undefined ? (
            <SignIn signIn={(name) => sessions.signIn(name)} />
          ) : (
            <WeftProvider weft={value.weft}>
              <Tooltip.Provider delayDuration={500} skipDelayDuration={200}>
                <Workspace />
              </Tooltip.Provider>
            </WeftProvider>
          )}
          <UpdatePrompt />
        </SessionContext>
      </Rescue>
    </UpdatesContext>
  );
}
