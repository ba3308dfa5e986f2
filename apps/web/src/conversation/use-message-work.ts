import type { ConversationHandle } from '@weft/client';
import { useCallback, useMemo, useState } from 'react';
import { NOT_DONE } from '../parts/use-attempt.ts';
import type { MessageRow } from './group-messages.ts';
import type { MessageActions } from './message-actions.ts';

export interface MessageNote {
  readonly tone: 'danger' | 'plain';
  readonly text: string;
}

export interface MessageWork {
  readonly actions: Omit<MessageActions, 'jump'>;
  /** What came of the last thing that was tried, where that must be said. */
  readonly note: MessageNote | undefined;
  /** The message that the person is asked about before it is deleted. */
  readonly removing: MessageRow | undefined;
  readonly keep: () => void;
  readonly remove: (id: string) => void;
  /** The message whose details are shown. */
  readonly detailed: MessageRow | undefined;
  readonly closeDetails: () => void;
  /** The message whose earlier versions are shown. */
  readonly versioned: MessageRow | undefined;
  readonly closeVersions: () => void;
}

const FAILED: MessageNote = {
  tone: 'danger',
  text: NOT_DONE,
};

/** What can be done with the messages of a conversation, and what came of it. */
export function useMessageWork(
  conversation: ConversationHandle | undefined,
  composer: Pick<MessageActions, 'reply' | 'edit'>,
): MessageWork {
  const [note, setNote] = useState<MessageNote>();
  const [removing, setRemoving] = useState<MessageRow>();
  const [detailed, setDetailed] = useState<MessageRow>();
  const [versioned, setVersioned] = useState<MessageRow>();
  const { reply, edit } = composer;
  const attempt = useCallback((work: Promise<unknown> | undefined) => {
    setNote(undefined);
    work?.catch(() => setNote(FAILED));
  }, []);
  const actions = useMemo<Omit<MessageActions, 'jump'>>(
    () => ({
      retry: (id) => attempt(conversation?.retry(id)),
      dismiss: (id) => attempt(conversation?.dismiss(id)),
      reply,
      edit,
      remove: setRemoving,
      react: (row, emoji) => {
        const mine =
          row.state === 'stored' &&
          row.stored.reactions.some((each) => each.emoji === emoji && each.mine);
        attempt(mine ? conversation?.unreact(row.id, emoji) : conversation?.react(row.id, emoji));
      },
      pin: (row) => {
        const pinned = row.state === 'stored' && row.stored.pinned;
        attempt(pinned ? conversation?.unpin(row.id) : conversation?.pin(row.id));
      },
      details: setDetailed,
      history: setVersioned,
      copy: (row) => {
        setNote(undefined);
        navigator.clipboard.writeText(row.body.text).then(
          () => setNote({ tone: 'plain', text: 'Copied.' }),
          () => setNote({ tone: 'danger', text: 'It could not be copied. Select it instead.' }),
        );
      },
    }),
    [conversation, attempt, reply, edit],
  );
  const keep = useCallback(() => setRemoving(undefined), []);
  const remove = useCallback(
    (id: string) => attempt(conversation?.delete(id)),
    [conversation, attempt],
  );
  const closeDetails = useCallback(() => setDetailed(undefined), []);
  const closeVersions = useCallback(() => setVersioned(undefined), []);
  return {
    actions,
    note,
    removing,
    keep,
    remove,
    detailed,
    closeDetails,
    versioned,
    closeVersions,
  };
}
