import type { WorkspaceHandle, WorkspacePresence } from '@weft/client';
import { useObservable } from './observable.ts';

const NOBODY: WorkspacePresence = { present: 0, people: [] };

/** Who is in a workspace: online, idle, or away since when. Of no workspace, nobody. */
export function usePresence(workspace: WorkspaceHandle | undefined): WorkspacePresence {
  return useObservable(workspace?.presence, NOBODY);
}
