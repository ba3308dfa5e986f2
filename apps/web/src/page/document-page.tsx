import type { DocumentHandle } from '@weft/client';
import { type DocumentEditor as MountedEditor, selectedText } from '@weft/editor';
import { useConversation, useDocument, useObservable } from '@weft/react';
import { type ReactNode, useCallback, useEffect, useRef, useState } from 'react';
import { type BesideRoute, pathOfThread } from '../routing/routes.ts';
import { navigate } from '../routing/use-route.ts';
import { KeepButton } from '../conversation/keep-button.tsx';
import { isMod } from '../parts/keys.ts';
import { useSession } from '../session/context.ts';
import { titleOf, useShell } from '../shell/context.ts';
import { PageHeader } from '../shell/page-header.tsx';
import { Pane } from '../shell/pane.tsx';
import { TitleField } from '../shell/title-field.tsx';
import { useTitle } from '../shell/use-title.ts';
import { keepQuote } from '../threads/quote.ts';
import { useThreadUnread } from '../threads/use-thread-unread.ts';
import { Beside } from './beside.tsx';
import { DocumentBody } from './document-body.tsx';
import { PeopleList } from './people-list.tsx';
import { useEmpty } from './use-empty.ts';
import { usePeople } from './people.ts';

/** A document with its conversation, and its comment threads, beside it. */
export function DocumentPage({
  id,
  beside,
}: {
  readonly id: string;
  readonly beside: BesideRoute;
}): ReactNode {
  const { panes, entries, phase: directory, workspace, mayWrite } = useShell();
  const { work, madeHere } = useSession();
  const handle = useDocument(id);
  const conversation = useConversation(id);
  const unread = useThreadUnread(conversation);
  const entry = entries.find((other) => other.id === id && other.kind === 'document');
  const empty = useEmpty(handle?.doc);
  const phase = useObservable(handle?.phase, 'loading');
  // There is no such document: a conversation about it would take words for nobody.
  const isMissing =
    directory === 'synced' &&
    phase === 'synced' &&
    entry === undefined &&
    empty &&
    !madeHere.has(id);
  const editor = useRef<MountedEditor>(undefined);
  const wanted = useRef(false);
  useTitle(entry === undefined ? '' : titleOf(entry));
  useEffect(() => (handle === undefined ? undefined : work.include(handle)), [handle, work]);
  // A person who is done with the title writes on, also when the page is there a moment later than they are.
  const write = useCallback(() => {
    wanted.current = editor.current === undefined;
    editor.current?.focus();
  }, []);
  const takeEditor = useCallback((mounted: MountedEditor | undefined) => {
    editor.current = mounted;
    if (mounted === undefined || !wanted.current) return;
    wanted.current = false;
    mounted.focus();
  }, []);
  const selected = useCallback(
    () => (editor.current === undefined ? '' : selectedText(editor.current.tiptap)),
    [],
  );
  const { setOpen } = panes;
  const [asked, setAsked] = useState(0);
  const isBeginning = beside.show === 'new-thread';
  const comment = useCallback(() => {
    if (!isBeginning) {
      navigate(pathOfThread(id, 'new'));
      return;
    }
    // It is open already: it takes what is selected now, and where nothing is, keeps what it is about.
    const passage = selected();
    if (passage !== '') keepQuote(passage);
    setAsked((times) => times + 1);
    setOpen('right', true);
  }, [id, isBeginning, selected, setOpen]);
  useCommentKey(comment);
  // Whoever asks for a thread wants to see it; whoever closes the pane then does not.
  useEffect(() => {
    if (beside.show !== 'conversation') setOpen('right', true);
  }, [beside, setOpen]);
  const rename = useCallback((title: string) => workspace?.rename(id, title), [workspace, id]);

  return (
    <>
      <main className="page" id="page">
        <PageHeader
          conversation={!isMissing}
          people={
            handle === undefined || isMissing ? null : (
              <>
                <Here handle={handle} />
                <KeepButton conversation={conversation} />
              </>
            )
          }
        >
          {entry === undefined ? null : (
            <TitleField title={entry.title} readOnly={!mayWrite} onRename={rename} onDone={write} />
          )}
        </PageHeader>
        {handle === undefined ? null : (
          <DocumentBody
            handle={handle}
            listed={entry !== undefined}
            onEditor={takeEditor}
            onComment={comment}
          />
        )}
      </main>
      {isMissing ? null : (
        <Pane side="right" panes={panes} label="Conversation">
          <Beside
            id={id}
            shown={beside}
            conversation={conversation}
            unread={unread}
            selected={selected}
            asked={asked}
            onComment={comment}
          />
        </Pane>
      )}
    </>
  );
}

/** ⌘⌥M or Ctrl+Alt+M, by the place of the key: with Alt, Apple's keyboards write something else. */
function useCommentKey(comment: () => void): void {
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (!isMod(event) || !event.altKey || event.shiftKey || event.code !== 'KeyM') return;
      event.preventDefault();
      comment();
    };
    window.addEventListener('keydown', onKeyDown, { capture: true });
    return () => window.removeEventListener('keydown', onKeyDown, { capture: true });
  }, [comment]);
}

function Here({ handle }: { readonly handle: DocumentHandle }): ReactNode {
  const { person } = useSession();
  return <PeopleList people={usePeople(handle.awareness, person)} />;
}
