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

/**
 * The title of a page, renamed where it stands, letter by letter: what is typed is on the device as any other change
 * is. Others' renames do not change it under the writer's hands.
 */
export function TitleField({ title, readOnly, onRename, onDone }: TitleFieldProps): ReactNode {
  // What is typed, with the spaces at its ends that the directory does not keep, and what stood there before.
  const [draft, setDraft] = useState<{ readonly text: string; readonly before: string }>();
  const input = useRef<HTMLInputElement>(null);

  useEffect(() => {
    if (takeFresh()) input.current?.focus();
  }, []);

  const type = (text: string) => {
    setDraft({ text, before: draft?.before ?? title });
    onRename(text);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    if (event.key === 'Enter') {
      event.preventDefault();
      setDraft(undefined);
      input.current?.blur();
      onDone?.();
    } else if (event.key === 'Escape') {
      if (draft !== undefined) onRename(draft.before);
      setDraft(undefined);
      input.current?.blur();
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
      value={draft?.text ?? title}
      onChange={(event) => type(event.target.value)}
      onBlur={() => setDraft(undefined)}
      onKeyDown={onKeyDown}
    />
  );
}
