import { useConversation } from '@weft/react';
import { Hash } from 'lucide-react';
import { type ReactNode, useCallback } from 'react';
import { KeepButton } from '../conversation/keep-button.tsx';
import { ConversationView } from '../conversation/conversation-view.tsx';
import { titleOf, useShell } from '../shell/context.ts';
import { MissingNotice } from '../shell/missing-page.tsx';
import { PageHeader } from '../shell/page-header.tsx';
import { TitleField } from '../shell/title-field.tsx';
import { useTitle } from '../shell/use-title.ts';
import { MembersButton } from './members-button.tsx';

/** A conversation that stands by itself. */
export function ChannelPage({ id }: { readonly id: string }): ReactNode {
  const { entries, phase, workspace, mayWrite } = useShell();
  const conversation = useConversation(id);
  const entry = entries.find((other) => other.id === id && other.kind === 'channel');
  const title = titleOf(entry);
  useTitle(entry === undefined ? '' : `#${title}`);
  const rename = useCallback((next: string) => workspace?.rename(id, next), [workspace, id]);

  if (entry === undefined && phase === 'synced') {
    return (
      <main className="page" id="page">
        <PageHeader />
        <MissingNotice />
      </main>
    );
  }
  return (
    <main className="page" id="page" data-kind="channel">
      <PageHeader
        people={
          <>
            <KeepButton conversation={conversation} />
            <MembersButton conversation={conversation} />
          </>
        }
      >
        <Hash size={18} aria-hidden="true" strokeWidth={1.75} />
        {entry === undefined ? null : (
          <TitleField title={entry.title} readOnly={!mayWrite} onRename={rename} />
        )}
      </PageHeader>
      <ConversationView
        id={id}
        kind="channel"
        placeholder={`Write to #${title}`}
        emptyTitle={`This is #${title}`}
        emptyText="Say the first word. Everybody in this workspace reads it, in the same order."
      />
    </main>
  );
}
