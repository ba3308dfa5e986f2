import { useObservable, WeftProvider } from '@weft/react';
import { Tooltip } from 'radix-ui';
import { type ReactNode, useMemo } from 'react';
import { Rescue } from './parts/rescue.tsx';
import { SessionContext } from './session/context.ts';
import type { SessionStore } from './session/session.ts';
import { SignIn } from './session/sign-in.tsx';
import { Workspace } from './shell/workspace.tsx';

/** The whole app: a door, and the workspace behind it. */
export function App({ sessions }: { readonly sessions: SessionStore }): ReactNode {
  const session = useObservable(sessions);
  const value = useMemo(
    () =>
      session.state === 'signed-in' ? { ...session, signOut: () => sessions.signOut() } : undefined,
    [session, sessions],
  );
  return (
    <Rescue>
      {value === undefined ? (
        <SignIn signIn={(name) => sessions.signIn(name)} />
      ) : (
        <SessionContext value={value}>
          <WeftProvider weft={value.weft}>
            <Tooltip.Provider delayDuration={500} skipDelayDuration={200}>
              <Workspace />
            </Tooltip.Provider>
          </WeftProvider>
        </SessionContext>
      )}
    </Rescue>
  );
}
