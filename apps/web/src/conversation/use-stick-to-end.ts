import { type RefObject, useCallback, useLayoutEffect, useRef, useState } from 'react';

/** Pixels from the end within which a reader counts as being there. */
const NEAR = 48;

export interface StickToEnd {
  readonly scroller: RefObject<HTMLDivElement | null>;
  readonly content: RefObject<HTMLOListElement | null>;
  /** Whether the end is in view. */
  readonly atEnd: boolean;
  readonly toEnd: () => void;
  /** Something else than the end is to be read: it is not followed any more. */
  readonly leave: () => void;
}

/**
 * Keeps the newest line in view while the reader is at the end, whatever changes the height: a message, a picture,
 * a wider pane. A reader who scrolled up is left where they are.
 */
export function useStickToEnd(): StickToEnd {
  const scroller = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLOListElement>(null);
  const stuck = useRef(true);
  const [atEnd, setAtEnd] = useState(true);

  const toEnd = useCallback(() => {
    const element = scroller.current;
    stuck.current = true;
    setAtEnd(true);
    if (element !== null) element.scrollTop = element.scrollHeight;
  }, []);

  // At once, and not with the next frame: what comes in above the end before that would move the list, which looks as if
  // somebody had scrolled away from it.
  useLayoutEffect(() => {
    const element = scroller.current;
    if (stuck.current && element !== null) element.scrollTop = element.scrollHeight;
  });

  const leave = useCallback(() => {
    stuck.current = false;
  }, []);

  useLayoutEffect(() => {
    const element = scroller.current;
    const inner = content.current;
    if (element === null || inner === null) return undefined;
    const onScroll = () => {
      stuck.current = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR;
      setAtEnd(stuck.current);
    };
    const follow = new ResizeObserver(() => {
      if (stuck.current) element.scrollTop = element.scrollHeight;
    });
    element.addEventListener('scroll', onScroll, { passive: true });
    follow.observe(element);
    follow.observe(inner);
    return () => {
      element.removeEventListener('scroll', onScroll);
      follow.disconnect();
    };
  }, []);

  return { scroller, content, atEnd, toEnd, leave };
}
