import type { DocumentHandle } from '@weft/client';
import type { DocumentEditor as MountedEditor } from '@weft/editor';
import { useDocument } from '@weft/react';
import { type ReactNode, useCallback, useEffect, useRef } from 'react';
import { ConversationView } from '../conversation/conversation-view.tsx';
import { useSession } from '../session/context.ts';
import { titleOf, useShell } from '../shell/context.ts';
import { PageHeader } from '../shell/page-header.tsx';
import { Pane } from '../shell/pane.tsx';
import { TitleField } from '../shell/title-field.tsx';
import { useTitle } from '../shell/use-title.ts';
import { DocumentBody } from './document-body.tsx';
import { PeopleList } from './people-list.tsx';
import { usePeople } from './people.ts';

/** A document with its conversation beside it. */
export function DocumentPage({ id }: { readonly id: string }): ReactNode {
  const { panes, entries, workspace, mayWrite } = useShell();
  const { work } = useSession();
  const handle = useDocument(id);
  const entry = entries.find((other) => other.id === id && other.kind === 'document');
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
  const rename = useCallback((title: string) => workspace?.rename(id, title), [workspace, id]);

  return (
    <>
      <main className="page" id="page">
        <PageHeader conversation people={handle === undefined ? null : <Here handle={handle} />}>
          {entry === undefined ? null : (
            <TitleField title={entry.title} readOnly={!mayWrite} onRename={rename} onDone={write} />
          )}
        </PageHeader>
        {handle === undefined ? null : (
          <DocumentBody handle={handle} listed={entry !== undefined} onEditor={takeEditor} />
        )}
      </main>
      <Pane side="right" panes={panes} label="Conversation">
        <aside className="beside" aria-label="Beside this document">
          <h2 className="beside-title">Beside this document</h2>
          <ConversationView
            id={id}
            kind="beside"
            placeholder="Write a message"
            emptyTitle="Nothing said yet"
            emptyText="Questions and remarks about this page stay beside it."
          />
        </aside>
      </Pane>
    </>
  );
}

function Here({ handle }: { readonly handle: DocumentHandle }): ReactNode {
  const { person } = useSession();
  return <PeopleList people={usePeople(handle.awareness, person)} />;
}
