import { TITLE_MAX } from '@weft/protocol';
import { type KeyboardEvent, type ReactNode, useEffect, useRef, useState } from 'react';
import { takeFresh } from '../routing/use-route.ts';

export interface TitleFieldProps {
  readonly title: string;
  readonly readOnly: boolean;
  readonly onRename: (title: string) => void;
  /** Called when the title is done with Enter: the writing goes on in the page. */
  readonly onDone?: () => void;
}

/** Milliseconds of rest after which a title that is being typed is kept. */
const REST = 600;

/** The title of a page, renamed where it stands. Others' renames do not change it under the writer's hands. */
export function TitleField({ title, readOnly, onRename, onDone }: TitleFieldProps): ReactNode {
  const [draft, setDraft] = useState<string>();
  const input = useRef<HTMLInputElement>(null);

  useEffect(() => {
    if (takeFresh()) input.current?.focus();
  }, []);
  useEffect(() => {
    if (draft === undefined) return undefined;
    const timer = setTimeout(() => onRename(draft), REST);
    return () => clearTimeout(timer);
  }, [draft, onRename]);

  const finish = () => {
    if (draft !== undefined) onRename(draft);
    setDraft(undefined);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    if (event.key === 'Enter') {
      event.preventDefault();
      finish();
      if (onDone === undefined) input.current?.blur();
      else onDone();
    } else if (event.key === 'Escape') {
      setDraft(undefined);
      // The blur that follows must not find the draft that was given up.
      requestAnimationFrame(() => input.current?.blur());
    }
  };
  return (
    <input
      ref={input}
      className="title-field"
      aria-label="Title"
      placeholder="Untitled"
      dir="auto"
      maxLength={TITLE_MAX}
      readOnly={readOnly}
      value={draft ?? title}
      onChange={(event) => setDraft(event.target.value)}
      onBlur={finish}
      onKeyDown={onKeyDown}
    />
  );
}
