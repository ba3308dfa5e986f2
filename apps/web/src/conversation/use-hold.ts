import { SEGMENT_SIZE } from '@weft/protocol';
import { useEffect, useRef } from 'react';

/** Lines before and behind what is drawn that are brought as well: whoever scrolls finds them there. */
const AHEAD = 200;

/** Milliseconds that a place must be in sight for until it is brought, where nothing before it was: it may be passed by. */
const PAUSE = 60;

/**
 * Brings the messages of a list that are drawn, those around them, and those that they answer.
 * @param first the first place that is drawn, from 0; `undefined` for nothing
 * @param answered sequences
 */
export function useHold(
  hold: (first: number, last: number) => () => void,
  first: number | undefined,
  last: number | undefined,
  length: number,
  answered: readonly number[],
): void {
  const release = useRef<() => void>(undefined);
  const from = first === undefined ? -1 : segmentAt(Math.max(0, first - AHEAD));
  const to = last === undefined ? -1 : segmentAt(Math.min(length - 1, last + AHEAD));
  useEffect(() => {
    if (from < 0 || to < from || length === 0) return undefined;
    const timer = setTimeout(
      () => {
        const before = release.current;
        release.current = hold(from * SEGMENT_SIZE + 1, (to + 1) * SEGMENT_SIZE);
        before?.();
      },
      release.current === undefined ? 0 : PAUSE,
    );
    return () => clearTimeout(timer);
    // How long it is matters only for whether there is anything.
    // oxlint-disable-next-line react/exhaustive-deps
  }, [hold, from, to, length === 0]);
  useEffect(() => {
    return () => {
      release.current?.();
      release.current = undefined;
    };
  }, [hold]);

  const others = [...new Set(answered.map((sequence) => segmentAt(sequence - 1)))]
    .filter((segment) => segment < from || segment > to)
    .join(' ');
  useEffect(() => {
    if (others === '') return undefined;
    const held = others
      .split(' ')
      .map((segment) =>
        hold(Number(segment) * SEGMENT_SIZE + 1, Number(segment) * SEGMENT_SIZE + 1),
      );
    return () => held.forEach((leave) => leave());
  }, [hold, others]);
}

function segmentAt(index: number): number {
  return Math.floor(index / SEGMENT_SIZE);
}
