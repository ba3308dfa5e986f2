import type { ConversationHandle, DocumentAccess } from '@weft/client';
import { errorDefinition } from '@weft/protocol';
import { useObservable } from '@weft/react';
import { X } from 'lucide-react';
import type { ReactNode } from 'react';
import { Composer } from '../conversation/composer.tsx';
import { WRITE } from '../conversation/composer-mode.ts';
import { ReadOnlyNote, mayWriteUnder } from '../conversation/read-only-note.tsx';
import { type Mentionable, writeBody } from '../conversation/write-body.ts';
import { Notice } from '../parts/notice.tsx';
import { pathOfThread, pathOfThreads } from '../routing/routes.ts';
import { navigate } from '../routing/use-route.ts';
import { useOffline } from '../sync/use-offline.ts';
import { useBesidePeople } from './use-beside-people.ts';
import { quoteWords } from './words.ts';

const UNKNOWN: DocumentAccess = { state: 'unknown' };

/** A thread before its first message: nothing of it exists until that is sent. */
export function NewThread({
  beside,
  quote,
  called,
  onForget,
}: {
  readonly beside: ConversationHandle;
  /** Text of the document that it is about; empty for the document as a whole. */
  readonly quote: string;
  /** Counts up with each request to write. */
  readonly called: number;
  /** It is to be about the document as a whole. */
  readonly onForget: () => void;
}): ReactNode {
  const offline = useOffline();
  const people = useBesidePeople(beside);
  const access = useObservable(beside.access, UNKNOWN);
  const submit = async (text: string, taken: readonly Mentionable[]) => {
    const { anchor } = await beside.startThread(writeBody(text, [...taken, ...people]), { quote });
    navigate(pathOfThread(beside.id, anchor), { replace: true });
  };
  const cancel = () => navigate(pathOfThreads(beside.id), { replace: true });
  if (access.state === 'denied') {
    return (
      <Notice tone="denied" title="These threads are not open to you">
        {errorDefinition(access.code).message}
      </Notice>
    );
  }
  if (!mayWriteUnder(access)) {
    return (
      <div className="threads">
        <div className="threads-bar">
          <h3>New thread</h3>
          <button type="button" className="text-button" onClick={cancel}>
            All threads
          </button>
        </div>
        <ReadOnlyNote access={access}>
          You can read here, but not begin a thread. Whoever may write here can.
        </ReadOnlyNote>
      </div>
    );
  }
  return (
    <div className="threads">
      <div className="threads-bar">
        <h3>New thread</h3>
        <button type="button" className="text-button" onClick={cancel}>
          Cancel
        </button>
      </div>
      <div className="thread-about" data-new="">
        <div className="thread-new-quote">
          <blockquote
            className="thread-quote"
            dir="auto"
            data-whole={quote === '' ? '' : undefined}
          >
            {quoteWords({ quote })}
          </blockquote>
          {quote === '' ? null : (
            <button
              type="button"
              className="icon-button"
              aria-label="Not about this passage"
              title="Not about this passage"
              onClick={onForget}
            >
              <X size={14} aria-hidden="true" />
            </button>
          )}
        </div>
        <p className="thread-facts">
          {quote === ''
            ? 'Select a passage of the page first to begin a thread about that.'
            : 'The passage is kept with the thread as it reads now.'}
          {offline ? ' Others see it when you are online.' : ''}
        </p>
      </div>
      <Composer
        conversation={`new-thread-${beside.id}`}
        placeholder="What is to be said about it?"
        mode={WRITE}
        called={called}
        people={people}
        onType={() => undefined}
        onSubmit={submit}
        onCancel={cancel}
        onEditLast={() => undefined}
      />
    </div>
  );
}
