import {
  type KeyboardEvent,
  memo,
  type ReactNode,
  useCallback,
  useLayoutEffect,
  useRef,
  useState,
} from 'react';
import { MessageFiles } from '../files/message-files.tsx';
import { Avatar } from '../parts/avatar.tsx';
import { fullTimeOf, timeOf } from './days.ts';
import type { MessageRow } from './group-messages.ts';
import { MembershipLine } from './membership-line.tsx';
import { useMessageActions } from './message-actions.ts';
import { MessageMark } from './message-mark.tsx';
import { MessageNotes } from './message-notes.tsx';
import { MessageText } from './message-text.tsx';
import { MessageToolbar } from './message-toolbar.tsx';
import type { LineMark } from './progress.ts';
import { Reactions } from './reactions.tsx';
import { ReplyPreview } from './reply-preview.tsx';

export interface MessageProps {
  readonly row: MessageRow;
  /** Its place in the list, from 0, and how many places there are. */
  readonly index: number;
  readonly count: number;
  /** Takes down how high the line is; with nothing, forgets lines that are gone. */
  readonly measure: (line: HTMLElement | null) => void;
  /** The line had the focus and goes out of sight. */
  readonly onFocusLost: () => void;
  /** A key leads to another place in the list. */
  readonly onStep: (index: number) => void;
  /** "Today", when this line opens a day. */
  readonly day?: string;
  /** What is from here on came while nobody looked. */
  readonly opensNew: boolean;
  readonly mark: LineMark | undefined;
  readonly offline: boolean;
  readonly mayWrite: boolean;
  /** One points at it, or has it under the keyboard. */
  readonly active: boolean;
  /** Whether the tab key comes here: one line of the list has it. */
  readonly tabbable: boolean;
  /** It was jumped to a moment ago. */
  readonly flashed: boolean;
  readonly nameOf: (sub: string) => string;
  readonly onActive: (id: string, active: boolean) => void;
}

/** One line of a conversation. */
export const Message = memo(function Message(props: MessageProps): ReactNode {
  const { row, day, opensNew, mark, offline, mayWrite, active, tabbable, flashed } = props;
  const { nameOf, onActive, index, count, measure, onFocusLost, onStep } = props;
  const line = useRef<HTMLLIElement>(null);
  const place = useCallback(
    (element: HTMLLIElement | null) => {
      line.current = element;
      // Told of its place again when that changes: its height is remembered by place.
      if (index >= 0) measure(element);
    },
    [index, measure],
  );
  useLayoutEffect(() => {
    const element = line.current;
    return () => {
      // A focus that goes with its line would leave the keyboard at the top of the page.
      if (element !== null && document.activeElement === element) onFocusLost();
    };
  }, [onFocusLost]);
  const actions = useMessageActions();
  const [menu, setMenu] = useState(false);
  const deleted = row.state === 'stored' && row.stored.deleted;
  const membership = row.state === 'stored' ? row.stored.membership : undefined;
  const mayChange = mayWrite && !deleted && membership === undefined;

  const onKeyDown = (event: KeyboardEvent<HTMLLIElement>) => {
    if (event.target !== event.currentTarget || event.ctrlKey || event.metaKey || event.altKey)
      return;
    const step = STEPS.get(event.key)?.(index, count);
    if (step !== undefined) onStep(step);
    const done = step !== undefined || actOn(event.key, row, mayChange, actions);
    if (done) event.preventDefault();
  };
  // The lines of a log are read one by one and acted on: one of them has the tab key, the arrows go between them.
  /* oxlint-disable jsx-a11y/no-noninteractive-tabindex, jsx-a11y/no-noninteractive-element-interactions -- see above */
  return (
    <li
      className="message"
      ref={place}
      data-index={index}
      aria-posinset={index + 1}
      aria-setsize={count}
      data-message-id={row.id}
      data-state={row.state}
      data-group={row.opensGroup ? '' : undefined}
      data-flashed={flashed ? '' : undefined}
      tabIndex={tabbable ? 0 : -1}
      onKeyDown={onKeyDown}
      onFocus={() => onActive(row.id, true)}
      // By each move and not on entering: the keyboard may have gone elsewhere while the pointer stayed.
      onPointerMove={active ? undefined : () => onActive(row.id, true)}
      onPointerLeave={() => onActive(row.id, false)}
    >
      {day === undefined ? null : (
        <div className="day">
          <span>{day}</span>
        </div>
      )}
      {opensNew ? (
        <div className="day" data-kind="new">
          <span>New messages</span>
        </div>
      ) : null}
      {membership === undefined ? (
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
            {row.state === 'stored' && row.stored.reply !== undefined && !deleted ? (
              <ReplyPreview reply={row.stored.reply} />
            ) : null}
            {deleted ? (
              <p className="message-gone">Message deleted</p>
            ) : (
              <>
                {row.body.text === '' && editedAt(row) === undefined ? null : (
                  <MessageText
                    body={row.body}
                    edited={editedAt(row)}
                    onEdited={() => actions.history(row)}
                  />
                )}
                {row.body.files === undefined ? null : <MessageFiles files={row.body.files} />}
              </>
            )}
            {row.state === 'stored' ? (
              <Reactions row={row} nameOf={nameOf} mayWrite={mayWrite && !deleted} />
            ) : null}
            <MessageNotes row={row} offline={offline} />
          </div>
          <div className="message-mark">
            {mark === undefined ? null : <MessageMark mark={mark} />}
          </div>
          {(active || menu) && row.state === 'stored' ? (
            <MessageToolbar row={row} mayWrite={mayWrite} onOpenChange={setMenu} />
          ) : null}
        </div>
      ) : (
        <MembershipLine
          membership={membership}
          author={row.author.name}
          own={row.own}
          at={row.at}
          nameOf={nameOf}
        />
      )}
    </li>
  );
  /* oxlint-enable jsx-a11y/no-noninteractive-tabindex, jsx-a11y/no-noninteractive-element-interactions */
});

function editedAt(row: MessageRow): string | undefined {
  if (row.state !== 'stored' || row.stored.editedAt === undefined) return undefined;
  return fullTimeOf(row.stored.editedAt);
}

/** Where keys lead from a place in the list. */
const STEPS = new Map<string, (index: number, count: number) => number>([
  ['ArrowUp', (index) => Math.max(0, index - 1)],
  ['ArrowDown', (index, count) => Math.min(count - 1, index + 1)],
  ['Home', () => 0],
  ['End', (_, count) => count - 1],
]);

/** What a key does on a line that has the focus. Returns whether it did anything. */
function actOn(
  key: string,
  row: MessageRow,
  mayChange: boolean,
  actions: ReturnType<typeof useMessageActions>,
): boolean {
  switch (key) {
    case 'r':
      if (mayChange && row.state === 'stored') actions.reply(row);
      return true;
    case 'e':
      if (mayChange && row.own) actions.edit(row);
      return true;
    case 'Delete':
      if (mayChange && row.own && row.state === 'stored') actions.remove(row);
      return true;
    default:
      return false;
  }
}
