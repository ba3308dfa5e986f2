import type { History } from '@weft/client';
import type { StoredItem } from '@weft/protocol';
import { Pin } from 'lucide-react';
import { Popover } from 'radix-ui';
import { type ReactNode, useEffect } from 'react';
import { bodyWords } from '../files/words.ts';
import { useMessageActions } from './message-actions.ts';

/** Pinned messages that are brought to be shown in the list; each may need a segment of its own. */
const BROUGHT = 20;

export interface PinnedBarProps {
  readonly history: Pick<History, 'pinned' | 'pinnedElsewhere'>;
  readonly offline: boolean;
  /** Brings messages, by their sequences, until the returned function was called. */
  readonly hold: (first: number, last: number) => () => void;
}

/** The pinned messages of a conversation, over it; nothing where there are none. */
export function PinnedBar({ history, offline, hold }: PinnedBarProps): ReactNode {
  const { pinnedElsewhere } = history;
  const here = history.pinned.filter(
    ({ pin, message }) => pin !== undefined && message.deleted === undefined,
  );
  const count = here.length + pinnedElsewhere.length;
  if (count === 0) return null;
  return (
    <Popover.Root>
      <Popover.Trigger asChild>
        <button type="button" className="pinned-bar">
          <Pin size={14} aria-hidden="true" />
          {count === 1 ? '1 pinned message' : `${count} pinned messages`}
        </button>
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          className="popover"
          align="start"
          sideOffset={4}
          collisionPadding={8}
          aria-label="Pinned messages"
        >
          <h2>Pinned</h2>
          <PinnedList here={here} elsewhere={pinnedElsewhere} offline={offline} hold={hold} />
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}

/** The messages in their order. Those that are not here are brought while the list is open. */
function PinnedList({
  here,
  elsewhere,
  offline,
  hold,
}: {
  readonly here: readonly StoredItem[];
  readonly elsewhere: readonly number[];
  readonly offline: boolean;
  readonly hold: PinnedBarProps['hold'];
}): ReactNode {
  const { jump } = useMessageActions();
  const found = new Map(here.map((item) => [item.message.sequence, item]));
  const all = [...found.keys(), ...elsewhere].toSorted((a, b) => a - b);
  // The newest of them; as one text, so that it is the same while it says the same.
  const wanted = all.slice(-BROUGHT).join(' ');
  useEffect(() => {
    const leave = wanted.split(' ').map((sequence) => hold(Number(sequence), Number(sequence)));
    return () => leave.forEach((stop) => stop());
  }, [wanted, hold]);
  return (
    <ul className="pinned-list">
      {all.map((sequence) => {
        const message = found.get(sequence)?.message;
        return (
          <li key={sequence}>
            <Popover.Close asChild>
              <button type="button" onClick={() => jump(message?.id ?? sequence)}>
                {message === undefined ? (
                  <>
                    <strong>Message {sequence}</strong>
                    <span>{offline ? 'Not on this device' : 'Further back'}</span>
                  </>
                ) : (
                  <>
                    <strong>{message.name}</strong>
                    <span dir="auto">{bodyWords(message.body)}</span>
                  </>
                )}
              </button>
            </Popover.Close>
          </li>
        );
      })}
    </ul>
  );
}
