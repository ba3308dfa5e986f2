import { errorDefinition } from '@weft/protocol';
import type { DocumentAccess } from '@weft/client';
import { useConversation, useObservable } from '@weft/react';
import { MessagesSquare } from 'lucide-react';
import { type ReactNode, useCallback, useEffect, useState } from 'react';
import { Notice } from '../parts/notice.tsx';
import { MessageSkeleton } from '../parts/skeleton.tsx';
import { useSession } from '../session/context.ts';
import { useOffline } from '../sync/use-offline.ts';
import { Composer } from './composer.tsx';
import { MessageList } from './message-list.tsx';

export interface ConversationViewProps {
  readonly id: string;
  /** A channel stands by itself; the other kind belongs to the document with its id. */
  readonly kind: 'channel' | 'beside';
  readonly placeholder: string;
  /** First words of an empty conversation. */
  readonly emptyTitle: string;
  readonly emptyText: string;
}

const UNKNOWN: DocumentAccess = { state: 'unknown' };
const NONE = [] as const;

/** A whole conversation: messages and the place to write. */
export function ConversationView(props: ConversationViewProps): ReactNode {
  const { id, kind, placeholder, emptyTitle, emptyText } = props;
  const { person, madeHere } = useSession();
  const conversation = useConversation(id);
  const items = useObservable(conversation?.timeline, NONE);
  const phase = useObservable(conversation?.phase, 'loading');
  const access = useObservable(conversation?.access, UNKNOWN);
  const offline = useOffline();

  // The server has been heard of this channel. (Of a document, its page says so.)
  useEffect(() => {
    if (kind === 'channel' && phase === 'synced') madeHere.delete(id);
  }, [kind, phase, madeHere, id]);

  const send = useCallback(
    async (text: string) => {
      await conversation?.send(text);
    },
    [conversation],
  );
  const [problem, setProblem] = useState('');
  const attempt = useCallback((work: Promise<void> | undefined) => {
    setProblem('');
    work?.catch(() => setProblem('This device could not do that. Try again.'));
  }, []);
  const retry = useCallback(
    (failed: string) => attempt(conversation?.retry(failed)),
    [conversation, attempt],
  );
  const remove = useCallback(
    (failed: string) => attempt(conversation?.dismiss(failed)),
    [conversation, attempt],
  );

  if (access.state === 'denied') {
    return (
      <Notice tone="denied" title="This conversation is not open to you">
        {errorDefinition(access.code).message}
      </Notice>
    );
  }
  // Of what was made here, there is nothing elsewhere to wait for.
  const waiting = phase !== 'synced' && items.length === 0 && !madeHere.has(id);
  const empty =
    waiting && !offline ? (
      <MessageSkeleton />
    ) : waiting ? (
      <Notice icon={MessagesSquare} title="Earlier messages are not on this device">
        They appear when you are online. What you write now is kept here and sent then.
      </Notice>
    ) : (
      <Notice icon={MessagesSquare} title={emptyTitle}>
        {emptyText}
      </Notice>
    );
  return (
    <div className="conversation">
      <MessageList
        items={items}
        me={person}
        offline={offline}
        loaded={phase !== 'loading'}
        empty={empty}
        onRetry={retry}
        onDelete={remove}
      />
      {problem === '' ? null : (
        <p className="composer-note" data-tone="danger" role="alert">
          {problem}
        </p>
      )}
      {access.state === 'reader' ? (
        <p className="composer-readonly">You can read this conversation, but not write in it.</p>
      ) : conversation === undefined ? null : (
        <Composer key={id} conversation={id} placeholder={placeholder} onSend={send} />
      )}
    </div>
  );
}
