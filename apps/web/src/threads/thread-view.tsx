import type { ConversationHandle, DocumentThread } from '@weft/client';
import { useObservable } from '@weft/react';
import { ArrowLeft, Check, RotateCcw } from 'lucide-react';
import type { ReactNode } from 'react';
import { ConversationView } from '../conversation/conversation-view.tsx';
import { fullTimeOf } from '../conversation/days.ts';
import { mayWriteUnder, useAccess } from '../conversation/access.ts';
import { useToday } from '../conversation/use-today.ts';
import { Notice } from '../parts/notice.tsx';
import { useAttempt } from '../parts/use-attempt.ts';
import { MessageSkeleton } from '../parts/skeleton.tsx';
import { Link } from '../routing/link.tsx';
import { pathOfThreads } from '../routing/routes.ts';
import { useSession } from '../session/context.ts';
import { useOffline } from '../sync/use-offline.ts';
import { ThreadNotes } from './thread-row.tsx';
import { byWords, momentOf, quoteWords } from './words.ts';

/** One thread: what it is about, and its conversation. */
export function ThreadView({
  beside,
  thread,
}: {
  readonly beside: ConversationHandle;
  /** `undefined` where none is listed under the address. */
  readonly thread: DocumentThread | undefined;
}): ReactNode {
  const phase = useObservable(beside.phase);
  const access = useAccess(beside);
  const offline = useOffline();
  const { problem, attempt } = useAttempt();
  const mayWrite = mayWriteUnder(access);
  const change = () => {
    if (thread === undefined) return;
    const { anchor, resolved } = thread;
    attempt(resolved === undefined ? beside.resolveThread(anchor) : beside.reopenThread(anchor));
  };
  const resolved = thread?.resolved;
  return (
    <div className="threads">
      <div className="threads-bar">
        <Link className="text-button thread-back" href={pathOfThreads(beside.id)}>
          <ArrowLeft size={16} aria-hidden="true" /> All threads
        </Link>
        {thread === undefined || thread.state !== 'stored' || !mayWrite ? null : (
          <button type="button" className="button" onClick={change}>
            {resolved === undefined ? (
              <Check size={16} aria-hidden="true" />
            ) : (
              <RotateCcw size={16} aria-hidden="true" />
            )}
            {resolved === undefined ? 'Resolve' : 'Reopen'}
          </button>
        )}
      </div>
      {thread !== undefined ? (
        <>
          <About thread={thread} />
          <ThreadNotes thread={thread} beside={beside} offline={offline} />
          {problem === '' ? null : (
            <p className="composer-note" data-tone="danger" role="alert">
              {problem}
            </p>
          )}
          <ConversationView
            key={thread.conversation}
            id={thread.conversation}
            kind="beside"
            placeholder={resolved === undefined ? 'Reply' : 'Reply to what was resolved'}
            emptyTitle="Nothing said yet"
            emptyText="The first message of this thread has not arrived."
          />
        </>
      ) : phase === 'synced' ? (
        <Notice title="There is no such thread">
          The address may be incomplete, or the thread was never sent by the device that began it.
        </Notice>
      ) : offline ? (
        <Notice title="This thread is not on this device">It opens when you are online.</Notice>
      ) : (
        <MessageSkeleton />
      )}
    </div>
  );
}

/** What a thread is about, who began it, and whether it is settled. */
function About({ thread }: { readonly thread: DocumentThread }): ReactNode {
  const { person } = useSession();
  const now = useToday();
  const { quote, at, resolved } = thread;
  return (
    <div className="thread-about">
      <blockquote className="thread-quote" dir="auto" data-whole={quote === '' ? '' : undefined}>
        {quoteWords(thread)}
      </blockquote>
      <p className="thread-facts">
        Begun {byWords(thread, person)} ·{' '}
        <time dateTime={new Date(at).toISOString()} title={fullTimeOf(at)}>
          {momentOf(at, now)}
        </time>
      </p>
      <p className="thread-facts" role="status">
        {resolved === undefined
          ? ''
          : `Resolved ${byWords(resolved, person)} · ${momentOf(resolved.at, now)}`}
      </p>
    </div>
  );
}
