import { errorDefinition } from '@weft/protocol';
import type { DocumentHandle } from '@weft/client';
import { personColor, type DocumentEditor as MountedEditor, type EditorMode } from '@weft/editor';
import { DocumentEditor, useObservable } from '@weft/react';
import { CloudOff, HardDrive } from 'lucide-react';
import { type ReactNode, useCallback, useEffect, useMemo, useState } from 'react';
import { Notice } from '../parts/notice.tsx';
import { PageSkeleton } from '../parts/skeleton.tsx';
import { useSession } from '../session/context.ts';
import { useShell } from '../shell/context.ts';
import { MissingNotice } from '../shell/missing-page.tsx';
import { useOffline } from '../sync/use-offline.ts';
import { FormatBar } from './format-bar.tsx';
import { pageState, type Rights } from './page-state.ts';
import { useEmpty } from './use-empty.ts';
import { useLoaded } from './use-loaded.ts';

/** The text of a document, or the reason why there is none to see. */
export function DocumentBody({
  handle,
  listed,
  onEditor,
  onComment,
}: {
  readonly handle: DocumentHandle;
  readonly listed: boolean;
  readonly onEditor: (editor: MountedEditor | undefined) => void;
  /** Begins a comment thread about what is selected. */
  readonly onComment: () => void;
}): ReactNode {
  const { phase: directory } = useShell();
  const { madeHere } = useSession();
  const loaded = useLoaded(handle.loaded);
  const phase = useObservable(handle.phase);
  const access = useObservable(handle.access);
  const empty = useEmpty(handle.doc);
  const offline = useOffline();

  // The server has been heard: from now on an empty document is simply an empty document.
  useEffect(() => {
    if (phase === 'synced') madeHere.delete(handle.id);
  }, [phase, madeHere, handle.id]);

  if (loaded === 'failed') {
    return (
      <Notice icon={HardDrive} tone="error" title="This device could not open its storage">
        Nothing was changed. Close other windows of this app, then reload; if it stays, the browser
        may be out of space or in private mode.
      </Notice>
    );
  }
  const state = pageState({
    phase,
    access,
    empty,
    listed,
    directorySynced: directory === 'synced',
    madeHere: madeHere.has(handle.id),
    offline,
  });
  switch (state.show) {
    case 'loading':
      return <PageSkeleton />;
    case 'not-here':
      return (
        <Notice icon={CloudOff} title="This document is not on this device yet">
          It opens as soon as you are online. Documents that you opened before are here without a
          network.
        </Notice>
      );
    case 'outdated':
      return (
        <Notice icon={CloudOff} title="This document is not on this device yet">
          This version of the app does not fit the server any more. Reload to open it.
        </Notice>
      );
    case 'missing':
      return <MissingNotice />;
    case 'denied':
      return (
        <Notice tone="denied" title="This document is not open to you">
          {errorDefinition(state.code).message} Somebody who may share it can let you in.
        </Notice>
      );
    case 'document':
      return (
        <Writing handle={handle} rights={state.rights} onEditor={onEditor} onComment={onComment} />
      );
    default: {
      const unreachable: never = state;
      return unreachable;
    }
  }
}

function Writing({
  handle,
  rights,
  onEditor,
  onComment,
}: {
  readonly handle: DocumentHandle;
  readonly rights: Rights;
  readonly onEditor: (editor: MountedEditor | undefined) => void;
  /** Begins a comment thread about what is selected. */
  readonly onComment: () => void;
}): ReactNode {
  const { person } = useSession();
  const [shown, setShown] = useState<{
    readonly editor: MountedEditor;
    readonly mode: EditorMode;
  }>();
  const user = useMemo(
    () => ({ sub: person.sub, name: person.name, color: personColor(person.sub) }),
    [person],
  );
  const take = useCallback(
    (editor: MountedEditor | undefined, mode: EditorMode | undefined) => {
      setShown(editor === undefined || mode === undefined ? undefined : { editor, mode });
      onEditor(editor);
    },
    [onEditor],
  );
  const reason = whyReadOnly(rights, shown?.mode);
  return (
    <div className="writing">
      {reason === undefined ? null : (
        <p className="banner" role="note">
          {reason}
        </p>
      )}
      {shown === undefined || reason !== undefined ? null : (
        <FormatBar key={shown.mode.state} tiptap={shown.editor.tiptap} onComment={onComment} />
      )}
      <div className="sheet-of-paper">
        <DocumentEditor
          handle={handle}
          user={user}
          editable={rights.may === 'write'}
          placeholder="Write here. # makes a heading, - a list."
          className="prose"
          onEditor={take}
        />
      </div>
    </div>
  );
}

function whyReadOnly(rights: Rights, mode: EditorMode | undefined): string | undefined {
  if (rights.may === 'read') {
    switch (rights.because) {
      case 'reader':
        return 'You can read this document, but not change it.';
      case 'commenter':
        return 'You can read this document and write in the conversation beside it, but not change it.';
      case 'outdated':
        return 'This version of the app does not fit the server any more. You can read here, and write again after a reload.';
      case 'denied':
        return 'This document is not open to you any more. What is on this device can still be read.';
      default: {
        const unreachable: never = rights;
        return unreachable;
      }
    }
  }
  if (mode?.state === 'unknown-content') {
    return `This document holds parts that this version of the app does not know (${mode.names.join(', ')}). It is shown to read, so that they are kept.`;
  }
  return undefined;
}
