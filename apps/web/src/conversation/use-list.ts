import type { VirtualItem } from '@tanstack/react-virtual';
import { type RefObject, useCallback, useLayoutEffect, useReducer, useState } from 'react';
import { Lines, type LinesOptions } from './lines.ts';

/** Pixels that a line is taken to be high until it was drawn once. */
const LINE = 40;

/** Lines that are drawn above and below what is seen: each costs time in every frame of a flick. */
const OVERSCAN = 6;

export interface DrawnList {
  /** The places that are drawn, in order, without a gap. */
  readonly drawn: readonly VirtualItem[];
  /** Pixels of the list above the first of them, and below the last. */
  readonly above: number;
  readonly below: number;
  /** The first and the last place that is seen, if only in part. */
  readonly seen: { readonly first: number; readonly last: number } | undefined;
  readonly measure: (line: HTMLElement | null) => void;
  /** Scrolls so that a place is in the middle. */
  readonly center: (index: number) => void;
}

/**
 * Draws the part of a list of any length that is before the eyes. What is read stays where it is when lines above it
 * turn out to be higher than was thought, or when those come that were not here.
 */
export function useList(
  scroller: RefObject<HTMLElement | null>,
  count: number,
  isHere: (index: number) => boolean,
): DrawnList {
  const [, render] = useReducer((times: number) => times + 1, 0);
  const options: LinesOptions = {
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => LINE,
    overscan: OVERSCAN,
    // A conversation opens at its end.
    initialOffset: () => count * LINE,
    measureElement: (line, entry) =>
      entry?.borderBoxSize[0]?.blockSize ?? line.getBoundingClientRect().height,
  };
  const [lines] = useState(() => new Lines(options, render));
  lines.set(options);
  const { virtualizer } = lines;
  const drawn = virtualizer.getVirtualItems();
  const { range } = virtualizer;
  const [first, last] = [drawn[0], drawn.at(-1)];

  useLayoutEffect(() => virtualizer._didMount(), [virtualizer]);
  useLayoutEffect(() => {
    lines.during(() => virtualizer._willUpdate());
    // Lines stand in the flow: one that is not as high as was thought would move those below it for a frame.
    lines.measureNew(scroller.current?.querySelectorAll<HTMLElement>('[data-message-id]') ?? []);
    let index = range?.startIndex ?? 0;
    while (index <= (range?.endIndex ?? 0) && !isHere(index)) index += 1;
    lines.anchor(index);
  });

  const measure = useCallback(
    (line: HTMLElement | null) => lines.during(() => virtualizer.measureElement(line)),
    [lines, virtualizer],
  );
  const center = useCallback(
    (index: number) => virtualizer.scrollToIndex(index, { align: 'center' }),
    [virtualizer],
  );
  return {
    drawn,
    above: first?.start ?? 0,
    below: last === undefined ? 0 : virtualizer.getTotalSize() - last.end,
    seen: range === null ? undefined : { first: range.startIndex, last: range.endIndex },
    measure,
    center,
  };
}
