import type { ConversationHandle } from '@weft/client';
import { errorDefinition } from '@weft/protocol';
import { X } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { Composer } from '../conversation/composer.tsx';
import { WRITE } from '../conversation/composer-mode.ts';
import { mayWriteUnder, useAccess } from '../conversation/access.ts';
import { ReadOnlyNote } from '../conversation/read-only-note.tsx';
import { type Mentionable, writeBody } from '../conversation/write-body.ts';
import { Notice } from '../parts/notice.tsx';
import { pathOfThread, pathOfThreads } from '../routing/routes.ts';
import { navigate } from '../routing/use-route.ts';
import { useOffline } from '../sync/use-offline.ts';
import { useBesidePeople } from './use-beside-people.ts';
import { quoteWords } from './words.ts';

export interface NewThreadProps {
  readonly beside: Pick<ConversationHandle, 'id' | 'access' | 'receipts' | 'startThread'>;
  /** Text of the document that it is about; empty for the document as a whole. */
  readonly quote: string;
  /** Counts up with each request to write. */
  readonly called: number;
  /** It is to be about the document as a whole. */
  readonly onForget: () => void;
}

/** A thread before its first message: nothing of it exists until that is sent. */
export function NewThread(props: NewThreadProps): ReactNode {
  const { beside } = props;
  const access = useAccess(beside);
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
          <button type="button" className="text-button" onClick={() => toList(beside.id)}>
            All threads
          </button>
        </div>
        <ReadOnlyNote access={access}>
          You can read here, but not begin a thread. Whoever may write here can.
        </ReadOnlyNote>
      </div>
    );
  }
  return <Writing {...props} />;
}

function toList(document: string): void {
  navigate(pathOfThreads(document), { replace: true });
}

function Writing({ beside, quote, called, onForget }: NewThreadProps): ReactNode {
  const offline = useOffline();
  const people = useBesidePeople(beside);
  // The button that was pressed goes with the passage: the focus goes on to the words.
  const [forgot, setForgot] = useState(0);
  const forget = () => {
    onForget();
    setForgot((times) => times + 1);
  };
  const submit = async (text: string, taken: readonly Mentionable[]) => {
    const { anchor } = await beside.startThread(writeBody(text, [...taken, ...people]), { quote });
    navigate(pathOfThread(beside.id, anchor), { replace: true });
  };
  const cancel = () => toList(beside.id);
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
              onClick={forget}
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
        called={called + forgot}
        people={people}
        onType={() => undefined}
        onSubmit={submit}
        onCancel={cancel}
        onEditLast={() => undefined}
      />
    </div>
  );
}
