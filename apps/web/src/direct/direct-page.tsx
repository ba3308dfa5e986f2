import { useConversation } from '@weft/react';
import { type ReactNode, useState } from 'react';
import { KeepButton } from '../conversation/keep-button.tsx';
import { ConversationView } from '../conversation/conversation-view.tsx';
import { Avatar } from '../parts/avatar.tsx';
import { takeFresh } from '../routing/use-route.ts';
import { useShell } from '../shell/context.ts';
import { PageHeader } from '../shell/page-header.tsx';
import { useTitle } from '../shell/use-title.ts';

/** The conversation with one person. */
export function DirectPage({ id }: { readonly id: string }): ReactNode {
  const { directs } = useShell();
  const conversation = useConversation(id);
  const person = directs.find((each) => each.id === id)?.person;
  const name = person?.name ?? 'Direct message';
  useTitle(name);
  const [focus] = useState(takeFresh);
  return (
    <main className="page" id="page" data-kind="channel">
      <PageHeader people={<KeepButton conversation={conversation} />}>
        {person === undefined ? null : <Avatar sub={person.sub} name={person.name} />}
        <h1 className="direct-title" dir="auto">
          {name}
        </h1>
      </PageHeader>
      <ConversationView
        id={id}
        kind="channel"
        placeholder={`Write to ${name}`}
        emptyTitle={person === undefined ? 'Nothing said yet' : `You and ${name}`}
        focus={focus}
        emptyText="Only the two of you can read this. It begins with a first message."
      />
    </main>
  );
}
