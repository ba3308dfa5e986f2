import { type KeyboardEvent, useEffect, useState } from 'react';

export interface Choice<Option> {
  /** The one that Enter takes. */
  readonly chosen: Option | undefined;
  /** The id of its element; the field names it. */
  readonly chosenId: string | undefined;
  readonly choose: (index: number) => void;
  /** For the field and its options. */
  readonly onKeyDown: (event: KeyboardEvent) => void;
}

/** A choice among what is listed under a field that keeps the focus: arrows go through it, Enter takes one. */
export function useChoice<Option>(
  options: readonly Option[],
  idOf: (option: Option) => string,
  take: (option: Option) => void,
): Choice<Option> {
  const [at, setAt] = useState(0);
  // There may be fewer than when it was chosen.
  const index = Math.min(at, options.length - 1);
  const chosen = options[index];
  const chosenId = chosen === undefined ? undefined : idOf(chosen);
  useEffect(() => {
    if (chosenId === undefined) return;
    document.getElementById(chosenId)?.scrollIntoView({ block: 'nearest' });
  }, [chosenId]);
  const onKeyDown = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step !== 0 && options.length > 0) {
      event.preventDefault();
      setAt((index + step + options.length) % options.length);
      // An input method's Enter picks a word.
    } else if (event.key === 'Enter' && !event.nativeEvent.isComposing) {
      event.preventDefault();
      if (chosen !== undefined) take(chosen);
    }
  };
  return { chosen, chosenId, choose: setAt, onKeyDown };
}
