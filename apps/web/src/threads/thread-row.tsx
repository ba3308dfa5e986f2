import { type ConversationHandle, type DocumentThread, NO_HISTORY } from '@weft/client';
import { NOTHING_UNREAD } from '@weft/protocol';
import { useConversation, useObservable } from '@weft/react';
import { Check } from 'lucide-react';
import type { KeyboardEvent, ReactNode } from 'react';
import { useToday } from '../conversation/use-today.ts';
import { Link } from '../routing/link.tsx';
import { pathOfThread } from '../routing/routes.ts';
import { useSession } from '../session/context.ts';
import { useAttempt } from '../parts/use-attempt.ts';
import { moveFocus } from '../sidebar/move-focus.ts';
import { UnreadBadge } from '../sidebar/unread-badge.tsx';
import { byWords, countWords, momentOf, newestOf, quoteWords } from './words.ts';

/** One thread of the list: what it is about, and the newest that was said in it. */
export function ThreadRow({
  document,
  thread,
  beside,
  offline,
}: {
  readonly document: string;
  readonly thread: DocumentThread;
  /** The conversation that lists it. */
  readonly beside: ConversationHandle;
  readonly offline: boolean;
}): ReactNode {
  const { person } = useSession();
  const conversation = useConversation(thread.conversation);
  const history = useObservable(conversation?.history, NO_HISTORY);
  const unread = useObservable(conversation?.unread, NOTHING_UNREAD);
  const now = useToday();
  const newest = newestOf(history, person);
  const count = history.length + history.waiting.length;
  const onKeyDown = (event: KeyboardEvent<HTMLAnchorElement>) => {
    if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
    event.preventDefault();
    moveFocus(event.currentTarget, event.key === 'ArrowDown' ? 1 : -1);
  };
  return (
    <li className="thread-row" data-resolved={thread.resolved === undefined ? undefined : ''}>
      <Link href={pathOfThread(document, thread.anchor)} onKeyDown={onKeyDown}>
        <span className="thread-row-head">
          <span
            className="thread-quote"
            dir="auto"
            data-whole={thread.quote === '' ? '' : undefined}
          >
            {quoteWords(thread)}
          </span>
          <UnreadBadge unread={unread} />
        </span>
        <span className="thread-newest" dir="auto">
          {newest === undefined ? (
            `Begun ${byWords(thread, person)}`
          ) : (
            <>
              <strong>{newest.name}</strong> {newest.text}
            </>
          )}
        </span>
        <span className="thread-facts">
          {thread.resolved === undefined ? null : (
            <>
              <Check size={12} aria-hidden="true" /> Resolved ·{' '}
            </>
          )}
          {count === 0 ? null : `${countWords(count)} · `}
          {momentOf(newest?.at ?? thread.at, now)}
        </span>
      </Link>
      <ThreadNotes thread={thread} beside={beside} offline={offline} />
    </li>
  );
}

/** What is to be said of a thread that is not listed for everybody yet, or of a change to it that was refused. */
export function ThreadNotes({
  thread,
  beside,
  offline,
}: {
  readonly thread: Pick<DocumentThread, 'state' | 'failed'>;
  readonly beside: Pick<ConversationHandle, 'retry' | 'dismiss'>;
  readonly offline: boolean;
}): ReactNode {
  const { state, failed = [] } = thread;
  const { problem, attempt } = useAttempt();
  return (
    <>
      {state === 'queued' && offline ? (
        <p className="message-note">Others see it when you are online</p>
      ) : null}
      {failed.map(({ id, action, reason }) => (
        <p key={id} className="message-note" data-tone="danger">
          <span>
            {REFUSED[action === 'thread' || action === 'resolve' ? action : 'reopen']} {reason}
          </span>
          <button type="button" className="text-button" onClick={() => attempt(beside.retry(id))}>
            Retry
          </button>
          <button type="button" className="text-button" onClick={() => attempt(beside.dismiss(id))}>
            Discard
          </button>
        </p>
      ))}
      {problem === '' ? null : (
        <p className="message-note" data-tone="danger" role="alert">
          {problem}
        </p>
      )}
    </>
  );
}

const REFUSED = {
  thread: 'Others do not see this thread.',
  resolve: 'It was not resolved.',
  reopen: 'It was not reopened.',
} as const;
