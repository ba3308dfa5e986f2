import type { DirectoryEntry, Unread } from '@weft/protocol';
import type { WorkspaceHandle } from '@weft/client';
import { createContext, use } from 'react';
import type { DirectEntry } from '../direct/use-directs.ts';
import type { Panes } from './use-panes.ts';

/** What the parts of the workspace share. */
export interface Shell {
  readonly panes: Panes;
  readonly workspace: WorkspaceHandle | undefined;
  readonly entries: readonly DirectoryEntry[];
  /** `synced`: the directory is all there is, and an id that is not in it names nothing. */
  readonly phase: 'loading' | 'local' | 'synced';
  /** Whether this person may add to the directory and rename in it. */
  readonly mayWrite: boolean;
  /** What this person has not read, by channel and direct conversation. */
  readonly unread: ReadonlyMap<string, Unread>;
  /** Whom one writes with. */
  readonly directs: readonly DirectEntry[];
  /** Opens the search for messages. */
  readonly search: () => void;
  /** Asks whom to write to. */
  readonly newMessage: () => void;
  /** Makes a document or a channel and goes there. */
  readonly create: (kind: DirectoryEntry['kind']) => void;
}

export const ShellContext = createContext<Shell | undefined>(undefined);

/** @throws Error outside the workspace */
export function useShell(): Shell {
  const shell = use(ShellContext);
  if (shell === undefined) throw new Error('This part of the app belongs in the workspace.');
  return shell;
}

/** What an entry is called where it may not have a name yet. */
export function titleOf(entry: Pick<DirectoryEntry, 'title'> | undefined): string {
  return entry === undefined || entry.title === '' ? 'Untitled' : entry.title;
}
