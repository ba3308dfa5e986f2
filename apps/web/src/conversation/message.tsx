import { Check, CircleAlert, Clock } from 'lucide-react';
import { memo, type ReactNode } from 'react';
import { Avatar } from '../parts/avatar.tsx';
import { fullTimeOf, timeOf } from './days.ts';
import type { MessageRow } from './group-messages.ts';
import { MessageText } from './message-text.tsx';

export interface MessageProps {
  readonly row: MessageRow;
  /** "Today", when this line opens a day. */
  readonly day?: string;
  readonly offline: boolean;
  readonly onRetry: (id: string) => void;
  readonly onDelete: (id: string) => void;
}

/** One line of a conversation. */
export const Message = memo(function Message({
  row,
  day,
  offline,
  onRetry,
  onDelete,
}: MessageProps): ReactNode {
  return (
    <li
      className="message"
      data-message-id={row.id}
      data-state={row.state}
      data-group={row.opensGroup ? '' : undefined}
    >
      {day === undefined ? null : (
        <div className="day">
          <span>{day}</span>
        </div>
      )}
      <div className="message-line">
        <div className="message-side">
          {row.opensGroup ? (
            <Avatar sub={row.author.sub} name={row.author.name} />
          ) : (
            <time dateTime={new Date(row.at).toISOString()} title={fullTimeOf(row.at)}>
              {timeOf(row.at)}
            </time>
          )}
        </div>
        <div className="message-main">
          {row.opensGroup ? (
            <div className="message-head">
              <span className="message-author">{row.author.name}</span>
              <time dateTime={new Date(row.at).toISOString()} title={fullTimeOf(row.at)}>
                {timeOf(row.at)}
              </time>
            </div>
          ) : (
            <span className="sr-only">{row.author.name}</span>
          )}
          <MessageText body={row.body} />
          {row.state === 'failed' ? (
            <div className="message-note" data-tone="danger">
              <span>Not sent. {row.reason}</span>
              <button type="button" className="text-button" onClick={() => onRetry(row.id)}>
                Retry
              </button>
              <button type="button" className="text-button" onClick={() => onDelete(row.id)}>
                Delete
              </button>
            </div>
          ) : null}
          {row.state === 'queued' && offline ? (
            <div className="message-note">Will send when you are online</div>
          ) : null}
        </div>
        <div className="message-mark">{row.own ? <Mark state={row.state} /> : null}</div>
      </div>
    </li>
  );
});

const MARKS = {
  queued: { icon: Clock, label: 'Queued on this device' },
  stored: { icon: Check, label: 'Stored' },
  failed: { icon: CircleAlert, label: 'Not sent' },
} as const;

function Mark({ state }: { readonly state: MessageRow['state'] }): ReactNode {
  const { icon: Icon, label } = MARKS[state];
  return (
    <span role="img" aria-label={label} title={label} data-mark={state}>
      <Icon size={14} aria-hidden="true" />
    </span>
  );
}
