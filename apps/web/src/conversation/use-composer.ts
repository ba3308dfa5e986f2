import type { ConversationHandle } from '@weft/client';
import type { MessageBody, TimelineItem } from '@weft/protocol';
import { useCallback, useMemo, useState } from 'react';
import { bodyWords } from '../files/words.ts';
import { type ComposerMode, WRITE, lastEditable, modeToEdit } from './composer-mode.ts';
import { dayOf } from './days.ts';
import { type MessageRow, groupMessages } from './group-messages.ts';
import { type Mentionable, writeBody } from './write-body.ts';

export interface ComposerState {
  readonly mode: ComposerMode;
  /** Another one is another field, with its own words. */
  readonly key: string;
  /** Counts up with each request to write. */
  readonly called: number;
  readonly submit: (
    text: string,
    taken?: readonly Mentionable[],
    files?: readonly File[],
  ) => Promise<void>;
  readonly cancel: () => void;
  readonly editLast: () => void;
  readonly reply: (row: MessageRow) => void;
  readonly edit: (row: MessageRow) => void;
}

/** What is being written in a conversation, and what becomes of it. */
export function useComposer(
  conversation: ConversationHandle | undefined,
  items: readonly TimelineItem[],
  me: { readonly sub: string; readonly name: string },
  people: readonly Mentionable[],
): ComposerState {
  const [mode, setMode] = useState<ComposerMode>(WRITE);
  const [called, setCalled] = useState(0);
  const call = useCallback((next: ComposerMode) => {
    setMode(next);
    setCalled((count) => count + 1);
  }, []);
  const cancel = useCallback(() => call(WRITE), [call]);
  const reply = useCallback(
    ({ id, author, body }: MessageRow) =>
      call({ mode: 'reply', to: { id, name: author.name, text: bodyWords(body) } }),
    [call],
  );
  const edit = useCallback(
    (row: MessageRow) => {
      const next = modeToEdit(row);
      if (next !== undefined) call(next);
    },
    [call],
  );
  const editLast = useCallback(() => {
    const last = lastEditable(groupMessages(items, me, dayOf));
    if (last !== undefined) edit(last);
  }, [items, me, edit]);
  const submit = useCallback(
    async (text: string, taken: readonly Mentionable[] = [], files: readonly File[] = []) => {
      if (conversation === undefined) return;
      const body = writeBody(text, [...taken, ...people]);
      await queue(conversation, mode, body, files);
      if (mode.mode !== 'write') call(WRITE);
    },
    [conversation, mode, people, call],
  );
  const key = mode.mode === 'edit' || mode.mode === 'mend' ? `${mode.mode} ${mode.id}` : 'write';
  return useMemo(
    () => ({ mode, key, called, submit, cancel, editLast, reply, edit }),
    [mode, key, called, submit, cancel, editLast, reply, edit],
  );
}

/** Queues what was written, as what the composer stood for. */
async function queue(
  conversation: ConversationHandle,
  mode: ComposerMode,
  body: MessageBody,
  added: readonly File[],
): Promise<void> {
  const files = added.map((file) => ({ name: file.name, content: file }));
  // What is edited or mended keeps what it carries.
  const whole = { ...body, ...('body' in mode && mode.body.files && { files: mode.body.files }) };
  switch (mode.mode) {
    case 'write':
      await conversation.send(body, { files });
      break;
    case 'reply':
      await conversation.send(body, { reply: mode.to.id, files });
      break;
    case 'edit':
      await conversation.edit(mode.id, whole);
      break;
    case 'mend':
      await conversation.retry(mode.id, whole);
      break;
    default:
      throw new Error(`There is no such mode: ${JSON.stringify(mode satisfies never)}.`);
  }
}
