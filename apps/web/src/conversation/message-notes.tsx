import { Pin } from 'lucide-react';
import type { ReactNode } from 'react';
import type { MessageRow } from './group-messages.ts';
import { useMessageActions } from './message-actions.ts';

/** What a change that failed was, in words. */
const CHANGES = {
  send: 'Not sent.',
  edit: 'The edit was not stored.',
  delete: 'It was not deleted.',
  react: 'The reaction was not stored.',
  unreact: 'The reaction was not taken back.',
  pin: 'It was not pinned.',
  unpin: 'The pin was not taken out.',
  join: 'You did not come in.',
  leave: 'You did not leave.',
  thread: 'The thread was not begun.',
  resolve: 'It was not resolved.',
  reopen: 'It was not reopened.',
} as const;

/** What is to be said of a message under it: why something failed and what can be done, that it waits, its pin. */
export function MessageNotes({
  row,
  offline,
}: {
  readonly row: MessageRow;
  readonly offline: boolean;
}): ReactNode {
  const { retry, dismiss, edit } = useMessageActions();
  switch (row.state) {
    case 'failed':
      return (
        <div className="message-note" data-tone="danger">
          <span>Not sent. {row.reason}</span>
          <button type="button" className="text-button" onClick={() => retry(row.id)}>
            Retry
          </button>
          <button type="button" className="text-button" onClick={() => edit(row)}>
            Edit
          </button>
          <button type="button" className="text-button" onClick={() => dismiss(row.id)}>
            Delete
          </button>
        </div>
      );
    case 'queued':
      return offline ? <div className="message-note">Will send when you are online</div> : null;
    case 'stored':
      return (
        <>
          {row.stored.pinned ? (
            <div className="message-note">
              <span className="message-pinned">
                <Pin size={12} aria-hidden="true" /> Pinned
              </span>
            </div>
          ) : null}
          {row.stored.failed.map(({ id, action, reason }) => (
            <div key={id} className="message-note" data-tone="danger">
              <span>
                {CHANGES[action]} {reason}
              </span>
              <button type="button" className="text-button" onClick={() => retry(id)}>
                Retry
              </button>
              <button type="button" className="text-button" onClick={() => dismiss(id)}>
                Discard
              </button>
            </div>
          ))}
          {row.stored.waiting > 0 && offline ? (
            <div className="message-note">The change will be sent when you are online</div>
          ) : null}
        </>
      );
    default: {
      const unreachable: never = row;
      return unreachable;
    }
  }
}
