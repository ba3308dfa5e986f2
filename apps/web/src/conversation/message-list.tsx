import type { TimelineItem } from '@weft/protocol';
import { ArrowDown } from 'lucide-react';
import { type ReactNode, useDeferredValue, useLayoutEffect, useMemo, useRef } from 'react';
import { dayLabel, dayOf } from './days.ts';
import { useToday } from './use-today.ts';
import { groupMessages } from './group-messages.ts';
import { Message } from './message.tsx';
import { useStickToEnd } from './use-stick-to-end.ts';

export interface MessageListProps {
  readonly items: readonly TimelineItem[];
  readonly me: { readonly sub: string; readonly name: string };
  readonly offline: boolean;
  /** Whether what the device holds is in `items`. */
  readonly loaded: boolean;
  /** What to show in place of the list when it is empty. */
  readonly empty: ReactNode;
  readonly onRetry: (id: string) => void;
  readonly onDelete: (id: string) => void;
}

/** A conversation's messages, the newest at the end. */
export function MessageList({
  items,
  me,
  offline,
  loaded,
  empty,
  onRetry,
  onDelete,
}: MessageListProps): ReactNode {
  const rows = useMemo(() => groupMessages(items, me, dayOf), [items, me]);
  const { scroller, content, atEnd, toEnd } = useStickToEnd();
  const now = useToday();
  const newest = rows.at(-1);

  // What is new is read out; the history that comes from the device, one render earlier, is not.
  const live = useDeferredValue(loaded, false);

  // Who sends wants to see it, wherever they were reading.
  const sent = useRef(newest?.id);
  useLayoutEffect(() => {
    if (newest !== undefined && newest.id !== sent.current && newest.state === 'queued') toEnd();
    sent.current = newest?.id;
  }, [newest, toEnd]);

  return (
    <div className="messages">
      <div
        className="messages-scroller"
        ref={scroller}
        role="log"
        aria-label="Conversation"
        aria-live={live ? 'polite' : 'off'}
      >
        {rows.length === 0 ? empty : null}
        <ol className="messages-list" ref={content} aria-label="Messages">
          {rows.map((row) => (
            <Message
              key={row.id}
              row={row}
              {...(row.opensDay ? { day: dayLabel(row.at, now) } : {})}
              offline={offline}
              onRetry={onRetry}
              onDelete={onDelete}
            />
          ))}
        </ol>
      </div>
      {atEnd ? null : (
        <button type="button" className="to-newest" onClick={toEnd}>
          <ArrowDown size={14} aria-hidden="true" /> Newest
        </button>
      )}
    </div>
  );
}
