import type { History } from '@weft/client';
import type { Watermarks } from '@weft/protocol';
import { ArrowDown, ArrowUp } from 'lucide-react';
import {
  type KeyboardEvent,
  type ReactNode,
  useCallback,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from 'react';
import { DayPill } from './day-pill.tsx';
import { dayLabel, dayOf } from './days.ts';
import { Message } from './message.tsx';
import { type MessageActions, MessageActionsContext } from './message-actions.ts';
import { NewMessage } from './new-message.tsx';
import { PinnedBar } from './pinned-bar.tsx';
import { markOf } from './progress.ts';
import { Rows, type RowsMade } from './rows.ts';
import { useHold } from './use-hold.ts';
import { useJump } from './use-jump.ts';
import { useList } from './use-list.ts';
import { useStickToEnd } from './use-stick-to-end.ts';
import { useToday } from './use-today.ts';

export interface MessageListProps {
  readonly history: History;
  readonly me: { readonly sub: string; readonly name: string };
  readonly offline: boolean;
  readonly mayWrite: boolean;
  /** Whether what the device holds is in `history`. */
  readonly loaded: boolean;
  /** What to show in place of the list when it is empty. */
  readonly empty: ReactNode;
  /** How far whoever is furthest has got, the viewer left out. */
  readonly furthest: Watermarks;
  /** Behind which sequence the line "New messages" stands; `undefined` for nowhere. */
  readonly divider: number | undefined;
  readonly nameOf: (sub: string) => string;
  /** All but jumping, which the list does. */
  readonly actions: Omit<MessageActions, 'jump'>;
  /** Whether the newest message is before the eyes. */
  readonly onAtEnd: (atEnd: boolean) => void;
  /** Brings messages, by their sequences, until the returned function was called. */
  readonly hold: (first: number, last: number) => () => void;
  /** The sequence of the first message of a day. @param at its beginning, UTC milliseconds */
  readonly onDate?: (at: number) => Promise<number>;
  /** A message to begin with; another object asks again. */
  readonly target?: { readonly sequence: number };
}

/** A conversation's messages, the newest at the end: of any number of them those are drawn that are seen. */
export function MessageList(props: MessageListProps): ReactNode {
  const { history, me, offline, mayWrite, loaded, empty, furthest, divider, nameOf } = props;
  const { actions, onAtEnd, hold, onDate, target } = props;
  const { scroller, content, atEnd, toEnd, leave } = useStickToEnd();
  const made = useMemo<RowsMade>(() => new WeakMap(), []);
  const rows = useMemo(() => new Rows(history, { me, dayOf }, made), [history, me, made]);
  const rowAt = useCallback((index: number) => rows.row(index, offline), [rows, offline]);
  const isHere = useCallback((index: number) => rowAt(index) !== undefined, [rowAt]);
  const { drawn, above, below, seen, measure, center } = useList(scroller, rows.count, isHere);
  const { flashed, to: jump, step } = useJump(scroller, rows, isHere, center, leave);
  const now = useToday();
  const [active, setActive] = useState<string>();

  useEffect(() => onAtEnd(atEnd), [onAtEnd, atEnd]);
  const onActive = useCallback(
    (id: string, is: boolean) =>
      setActive((before) => (is ? id : before === id ? undefined : before)),
    [],
  );
  const all = useMemo<MessageActions>(() => ({ ...actions, jump }), [actions, jump]);
  const keepFocus = useCallback(() => scroller.current?.focus({ preventScroll: true }), [scroller]);

  const lines = drawn.map((place) => ({ place, row: rowAt(place.index) }));
  const answered = lines.flatMap(({ row }) => {
    const reply = row?.state === 'stored' ? row.stored.reply : undefined;
    return reply?.found === false ? [reply.sequence] : [];
  });
  useHold(hold, drawn[0]?.index, drawn.at(-1)?.index, history.length, answered);

  // Who sends wants to see it, wherever they were reading.
  const newest = history.waiting.at(-1);
  const newestId = newest?.state === 'queued' ? newest.id : undefined;
  const sent = useRef(newestId);
  useLayoutEffect(() => {
    if (newestId !== undefined && newestId !== sent.current) toEnd();
    sent.current = newestId;
  }, [newestId, toEnd]);

  const asked = useRef<typeof target>(undefined);
  useEffect(() => {
    if (target === undefined || asked.current === target || !loaded) return;
    if (target.sequence > history.length) return;
    asked.current = target;
    jump(target.sequence);
  }, [target, loaded, history, jump]);

  const firstNew = divider === undefined ? undefined : rows.firstNew(divider);
  // A list that opens at its end is drawn from its beginning once, before it is scrolled there: nobody saw that.
  const arrived = !atEnd || seen?.last === rows.count - 1;
  const newAbove = useAbove(firstNew, arrived ? seen : undefined);
  const shown = lines.filter(({ row }) => row !== undefined);
  const tabbable =
    shown.find(({ row }) => row?.id === active) ??
    (atEnd ? shown.at(-1) : shown.find(({ place }) => place.index >= (seen?.first ?? 0)));
  const missing = lines.some(
    ({ row, place }) => row === undefined && place.index >= (seen?.first ?? 0),
  );
  const top = lines.find(
    ({ row, place }) => row !== undefined && place.index >= (seen?.first ?? 0),
  );

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.target !== event.currentTarget || !/^Arrow(Up|Down)$/.test(event.key)) return;
    if (tabbable === undefined) return;
    event.preventDefault();
    step(tabbable.place.index);
  };
  return (
    <MessageActionsContext value={all}>
      <PinnedBar history={history} offline={offline} hold={hold} />
      <div className="messages">
        {/* Lines come and go while one scrolls: what is new is read out from `NewMessage`. */}
        {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- the keys of a line that went out of sight */}
        <div
          className="messages-scroller"
          ref={scroller}
          role="log"
          aria-label="Conversation"
          aria-live="off"
          tabIndex={-1}
          onKeyDown={onKeyDown}
        >
          {rows.count === 0 ? empty : null}
          <ol
            className="messages-list"
            ref={content}
            aria-label="Messages"
            style={{ paddingTop: above, paddingBottom: below }}
          >
            {lines.map(({ row, place }) =>
              row === undefined ? (
                <li
                  key={place.key}
                  className="message message-missing"
                  aria-hidden="true"
                  data-index={place.index}
                  style={{ height: place.size }}
                >
                  <span style={{ width: `${30 + ((place.index * 37) % 50)}%` }} />
                </li>
              ) : (
                <Message
                  key={row.id}
                  row={row}
                  index={place.index}
                  count={rows.count}
                  measure={measure}
                  {...(row.opensDay ? { day: dayLabel(row.at, now) } : {})}
                  opensNew={place.index === firstNew}
                  mark={markOf(row, furthest)}
                  offline={offline}
                  mayWrite={mayWrite}
                  active={row.id === active}
                  tabbable={row.id === tabbable?.row?.id}
                  flashed={row.id === flashed}
                  nameOf={nameOf}
                  onActive={onActive}
                  onFocusLost={keepFocus}
                  onStep={step}
                />
              ),
            )}
          </ol>
        </div>
        <NewMessage history={history} me={me} loaded={loaded} />
        {missing && offline ? (
          <p className="messages-note" role="status">
            Some messages are not on this device. They appear when you are online.
          </p>
        ) : newAbove && firstNew !== undefined ? (
          <button type="button" className="to-new" onClick={() => jump(firstNew + 1)}>
            <ArrowUp size={14} aria-hidden="true" /> New messages
          </button>
        ) : atEnd || top?.row === undefined || onDate === undefined ? null : (
          <DayPill at={top.row.at} now={now} onDate={onDate} onFound={jump} />
        )}
        {atEnd ? null : (
          <button type="button" className="to-newest" onClick={toEnd}>
            <ArrowDown size={14} aria-hidden="true" /> Newest
          </button>
        )}
      </div>
    </MessageActionsContext>
  );
}

/**
 * Whether a place lies above what is seen and has not been seen since it was asked about: somebody who opens a
 * conversation at its end is offered the way to what they have not read.
 */
function useAbove(
  index: number | undefined,
  seen: { readonly first: number; readonly last: number } | undefined,
): boolean {
  const [met, setMet] = useState<number>();
  if (index === undefined || seen === undefined) return false;
  const within = index >= seen.first && index <= seen.last;
  // Set while rendering: a way that is offered for one paint is a flicker.
  if (within && met !== index) setMet(index);
  return index < seen.first && met !== index;
}
