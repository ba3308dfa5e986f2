import type { ConversationHandle, DocumentThread } from '@weft/client';
import { errorDefinition } from '@weft/protocol';
import { useObservable } from '@weft/react';
import { MessageSquareQuote, Plus } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { mayWriteUnder, useAccess } from '../conversation/access.ts';
import { ReadOnlyNote } from '../conversation/read-only-note.tsx';
import { keysOf } from '../parts/keys.ts';
import { Notice } from '../parts/notice.tsx';
import { MessageSkeleton } from '../parts/skeleton.tsx';
import { useOffline } from '../sync/use-offline.ts';
import { ThreadRow } from './thread-row.tsx';

/** The comment threads of a document: those that are open, and those that were settled. */
export function ThreadList({
  beside,
  threads,
  onComment,
}: {
  /** The conversation that lists them. */
  readonly beside: ConversationHandle;
  readonly threads: readonly DocumentThread[];
  /** Begins one. */
  readonly onComment: () => void;
}): ReactNode {
  const phase = useObservable(beside.phase);
  const access = useAccess(beside);
  const offline = useOffline();
  const mayWrite = mayWriteUnder(access);
  const open = threads.filter(({ resolved }) => resolved === undefined);
  const settled = threads.filter(({ resolved }) => resolved !== undefined);
  if (access.state === 'denied') {
    return (
      <Notice tone="denied" title="These threads are not open to you">
        {errorDefinition(access.code).message}
      </Notice>
    );
  }
  const rows = (some: readonly DocumentThread[], label: string) => (
    <ul className="thread-list" aria-label={label}>
      {some.map((thread) => (
        <ThreadRow
          key={thread.anchor}
          document={beside.id}
          thread={thread}
          beside={beside}
          offline={offline}
        />
      ))}
    </ul>
  );
  return (
    <div className="threads">
      {mayWrite ? (
        <div className="threads-bar">
          <button
            type="button"
            className="button"
            // What is selected in the document stays so: the thread is about it.
            onMouseDown={(event) => event.preventDefault()}
            onClick={onComment}
          >
            <Plus size={16} aria-hidden="true" /> New thread
          </button>
          <kbd aria-hidden="true">{keysOf('Alt+M')}</kbd>
        </div>
      ) : (
        <ReadOnlyNote access={access}>
          You can read these threads, but not write in them.
        </ReadOnlyNote>
      )}
      <div className="threads-scroller">
        {threads.length > 0 ? (
          <>
            {open.length > 0 ? (
              rows(open, 'Open threads')
            ) : (
              <p className="threads-none">Everything here is resolved.</p>
            )}
            {settled.length > 0 ? (
              <Settled count={settled.length}>{() => rows(settled, 'Resolved threads')}</Settled>
            ) : null}
            {offline ? (
              <p className="threads-none" role="status">
                What others begin meanwhile appears when you are online.
              </p>
            ) : null}
          </>
        ) : phase === 'synced' ? (
          <Notice icon={MessageSquareQuote} title="No threads yet">
            {mayWrite
              ? 'Select a passage of the page and begin a thread about it. It stays beside the page until somebody resolves it.'
              : 'Whoever may write here can begin one about a passage of the page.'}
          </Notice>
        ) : offline ? (
          <Notice icon={MessageSquareQuote} title="Threads are not on this device">
            They appear when you are online. One that you begin now is kept here and sent then.
          </Notice>
        ) : (
          <MessageSkeleton />
        )}
      </div>
    </div>
  );
}

/** The threads that were settled. Each opens its conversation: only for somebody who wants to see them. */
function Settled({
  count,
  children,
}: {
  readonly count: number;
  readonly children: () => ReactNode;
}): ReactNode {
  const [open, setOpen] = useState(false);
  return (
    <details
      className="threads-settled"
      onToggle={({ currentTarget }) => setOpen(currentTarget.open)}
    >
      <summary>Resolved · {count}</summary>
      {open ? children() : null}
    </details>
  );
}
