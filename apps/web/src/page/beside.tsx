import { type ConversationHandle, type DocumentThread } from '@weft/client';
import { NOTHING_UNREAD, type Unread } from '@weft/protocol';
import { useObservable } from '@weft/react';
import { type ReactNode, useState } from 'react';
import { ConversationView } from '../conversation/conversation-view.tsx';
import { MessageSkeleton } from '../parts/skeleton.tsx';
import { Link } from '../routing/link.tsx';
import { type BesideRoute, pathOf, pathOfThreads } from '../routing/routes.ts';
import { UnreadBadge } from '../sidebar/unread-badge.tsx';
import { NewThread } from '../threads/new-thread.tsx';
import { keepQuote, keptQuote } from '../threads/quote.ts';
import { ThreadList } from '../threads/thread-list.tsx';
import { ThreadView } from '../threads/thread-view.tsx';

const NO_THREADS: readonly DocumentThread[] = [];

export interface BesideProps {
  /** The document. */
  readonly id: string;
  readonly shown: BesideRoute;
  readonly conversation: ConversationHandle | undefined;
  /** What was not read in the threads that are open, all together. */
  readonly unread: Pick<Unread, 'count' | 'uncounted' | 'mentions'>;
  /** Text of the document that is selected now; empty for none. */
  readonly selected: () => string;
  /** Counts up each time that a comment is asked for while one is being begun. */
  readonly asked: number;
  /** Begins a thread about what is selected. */
  readonly onComment: () => void;
}

/** What is said about a document: in the conversation beside it, and in threads about passages of it. */
export function Beside(props: BesideProps): ReactNode {
  const { id, shown, conversation, unread, selected, asked, onComment } = props;
  const threads = useObservable(conversation?.threads, NO_THREADS);
  const own = useObservable(conversation?.unread, NOTHING_UNREAD);
  const open = threads.filter(({ resolved }) => resolved === undefined).length;
  const isConversation = shown.show === 'conversation';
  return (
    <aside className="beside" aria-label="Beside this document">
      <nav className="beside-tabs" aria-label="Beside this document">
        <Link
          href={pathOf({ kind: 'document', id })}
          aria-current={isConversation ? 'page' : undefined}
        >
          Conversation {isConversation ? null : <UnreadBadge unread={own} />}
        </Link>
        <Link href={pathOfThreads(id)} aria-current={isConversation ? undefined : 'page'}>
          Threads {open === 0 ? null : <span className="beside-count">{open}</span>}
          {isConversation ? <UnreadBadge unread={unread} /> : null}
        </Link>
      </nav>
      {isConversation ? (
        <ConversationView
          id={id}
          kind="beside"
          placeholder="Write a message"
          emptyTitle="Nothing said yet"
          emptyText="Questions and remarks about this page stay beside it."
        />
      ) : conversation === undefined ? (
        <MessageSkeleton />
      ) : shown.show === 'threads' ? (
        <ThreadList beside={conversation} threads={threads} onComment={onComment} />
      ) : shown.show === 'new-thread' ? (
        <Beginning beside={conversation} selected={selected} asked={asked} />
      ) : (
        <ThreadView
          beside={conversation}
          thread={threads.find(({ anchor }) => anchor === shown.anchor)}
        />
      )}
    </aside>
  );
}

/** A thread that is begun is about what was selected when that was asked for, the last time. */
function Beginning({
  beside,
  selected,
  asked,
}: {
  readonly beside: ConversationHandle;
  readonly selected: () => string;
  readonly asked: number;
}): ReactNode {
  const [quote, setQuote] = useState(() => keptQuote() ?? keepQuote(selected()));
  const [met, setMet] = useState(asked);
  // Set while rendering: the passage and the focus come together.
  if (met !== asked) {
    setMet(asked);
    setQuote(keptQuote() ?? '');
  }
  return (
    <NewThread
      beside={beside}
      quote={quote}
      called={1 + asked}
      onForget={() => setQuote(keepQuote(''))}
    />
  );
}
