import { type RefObject, useCallback, useLayoutEffect, useRef, useState } from 'react';
import type { Rows } from './rows.ts';

interface Goal {
  readonly index: number;
  /** `line`: one goes on by keys; `message`: it was named, and is shown to be the one. */
  readonly as: 'line' | 'message';
}

export interface Jump {
  /** The id of the message that was last jumped to. */
  readonly flashed: string | undefined;
  readonly to: (message: string | number) => void;
  /** Puts the focus on a place of the list. */
  readonly step: (index: number) => void;
}

/**
 * Brings a place of the list before the eyes and gives it the focus, once it is here: it may have to be fetched first.
 * @param leave the end is not what is read any more
 */
export function useJump(
  scroller: RefObject<HTMLElement | null>,
  rows: Rows,
  isHere: (index: number) => boolean,
  center: (index: number) => void,
  leave: () => void,
): Jump {
  const [goal, setGoal] = useState<Goal>();
  /** The goal that has the focus already. */
  const reached = useRef<Goal>(undefined);
  const lineAt = useCallback(
    (index: number) => scroller.current?.querySelector<HTMLElement>(`[data-index="${index}"]`),
    [scroller],
  );

  const to = useCallback(
    (message: string | number) => {
      const index = rows.indexOf(message);
      if (index === undefined) return;
      leave();
      center(index);
      setGoal({ index, as: 'message' });
    },
    [rows, center, leave],
  );
  const step = useCallback(
    (index: number) => {
      const line = lineAt(index);
      if (line?.dataset['messageId'] !== undefined) {
        line.focus();
        return;
      }
      leave();
      center(index);
      setGoal({ index, as: 'line' });
    },
    [lineAt, center, leave],
  );

  const here = goal !== undefined && isHere(goal.index);
  useLayoutEffect(() => {
    // What comes in above it changes where it is.
    if (goal !== undefined && here) center(goal.index);
  }, [goal, here, center]);
  useLayoutEffect(() => {
    if (goal === undefined || !here || reached.current === goal) return;
    const line = lineAt(goal.index);
    if (line?.dataset['messageId'] === undefined) return;
    reached.current = goal;
    line.scrollIntoView({ block: 'center' });
    line.focus({ preventScroll: true });
  });
  const flashed = goal?.as === 'message' ? rows.item(goal.index)?.id : undefined;
  return { flashed, to, step };
}
