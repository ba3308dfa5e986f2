import { createContext, use } from 'react';
import type { SessionStore, SignedInSession } from './session.ts';

export interface SessionValue extends SignedInSession {
  readonly signOut: SessionStore['signOut'];
}

export const SessionContext = createContext<SessionValue | undefined>(undefined);

/**
 * The signed-in session of the screens below.
 * @throws Error outside one
 */
export function useSession(): SessionValue {
  const session = use(SessionContext);
  if (session === undefined) throw new Error('This part of the app needs somebody signed in.');
  return session;
}
