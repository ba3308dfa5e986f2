import type { ConversationHandle } from '@weft/client';
import type { Receipt } from '@weft/protocol';
import { useObservable } from '@weft/react';
import { useMemo } from 'react';
import type { Mentionable } from '../conversation/write-body.ts';
import { useSession } from '../session/context.ts';

const NO_RECEIPTS: readonly Receipt[] = [];

/** Who else has the conversation beside a document open, or had: who can be mentioned in its threads. */
export function useBesidePeople(
  beside: Pick<ConversationHandle, 'receipts'>,
): readonly Mentionable[] {
  const { person } = useSession();
  const receipts = useObservable(beside.receipts, NO_RECEIPTS);
  return useMemo(
    () => receipts.flatMap(({ person: sub, name }) => (sub === person.sub ? [] : [{ sub, name }])),
    [receipts, person],
  );
}
