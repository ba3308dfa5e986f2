import type { ConversationHandle, DocumentThread } from '@weft/client';
import type { Unread } from '@weft/protocol';
import { useObservable, useUnread } from '@weft/react';

const NO_THREADS: readonly DocumentThread[] = [];

/** Threads that are held open for their news, though nobody looks at them; the newest ones. */
const HELD = 30;

/** What this person has not read in the open threads of a document, all together. */
export function useThreadUnread(
  beside: ConversationHandle | undefined,
): Pick<Unread, 'count' | 'uncounted' | 'mentions'> {
  const threads = useObservable(beside?.threads, NO_THREADS);
  const open = threads.filter(({ resolved }) => resolved === undefined).slice(0, HELD);
  const unread = [...useUnread(open.map(({ conversation }) => conversation)).values()];
  const sum = (of: (each: Unread) => number) => unread.reduce((all, each) => all + of(each), 0);
  return {
    count: sum(({ count }) => count),
    uncounted: sum(({ uncounted }) => uncounted),
    mentions: sum(({ mentions }) => mentions),
  };
}
