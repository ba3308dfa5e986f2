import type { History } from '@weft/client';
import type { Message } from '@weft/protocol';
import { type ReactNode, useState } from 'react';
import { bodyWords } from '../files/words.ts';

/** Reads out what others say while the conversation is open; the history that comes from the device is not read out. */
export function NewMessage({
  history,
  me,
  loaded,
}: {
  readonly history: History;
  readonly me: { readonly sub: string };
  readonly loaded: boolean;
}): ReactNode {
  const { length } = history;
  const [told, setTold] = useState<{ readonly length: number; readonly said: string }>();
  // Set while rendering: it is told once, with the message itself.
  if (loaded && told?.length !== length) {
    const message = history.at(length)?.message;
    const isNew = told !== undefined && told.length > 0 && length > told.length;
    const said =
      !isNew || message === undefined || message.author === me.sub ? '' : wordsOf(message);
    setTold({ length, said });
  }
  return (
    <p className="sr-only" aria-live="polite">
      {told?.said}
    </p>
  );
}

function wordsOf({ name, body }: Message): string {
  return `${name}: ${bodyWords(body)}`;
}
