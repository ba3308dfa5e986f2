import type { ConversationHandle } from '@weft/client';
import { NOTHING_UNREAD, type Unread } from '@weft/protocol';
import { useObservable } from '@weft/react';
import { useEffect, useState } from 'react';
import { useAttention } from './use-attention.ts';

/**
 * Where the line "New messages" stands: behind this sequence. It is put there when the conversation opens, and again
 * when something comes while nobody looks; while one reads it stays, so that nothing moves.
 * @param before where it stands; `undefined` for nowhere
 * @param looking whether the viewer has the newest message before their eyes
 * @param opened whether this was asked before, since the conversation was opened
 */
export function nextDivider(
  before: number | undefined,
  unread: Unread,
  looking: boolean,
  opened: boolean,
): number | undefined {
  return unread.count > 0 && (!looking || !opened) ? unread.after : before;
}

/**
 * Says to the server what was shown to the person: only while the page is visible and has the focus, and its end is on
 * the screen.
 * @param loaded whether what the device holds is there
 * @returns behind which sequence the line "New messages" stands
 */
export function useReading(
  conversation: ConversationHandle | undefined,
  loaded: boolean,
  atEnd: boolean,
): number | undefined {
  const unread = useObservable(conversation?.unread, NOTHING_UNREAD);
  const looking = useAttention() && atEnd;
  const [divider, setDivider] = useState<{ readonly after: number | undefined }>();

  // Set while rendering: a line that came one paint later would push the messages down.
  if (loaded && conversation !== undefined) {
    const after = nextDivider(divider?.after, unread, looking, divider !== undefined);
    if (divider === undefined || after !== divider.after) setDivider({ after });
  }
  useEffect(() => {
    if (loaded && looking && unread.count > 0) conversation?.markRead();
  }, [conversation, loaded, looking, unread]);
  return divider?.after;
}
