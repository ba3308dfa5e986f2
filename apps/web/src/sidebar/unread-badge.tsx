import type { Unread } from '@weft/protocol';
import type { ReactNode } from 'react';

/** How many messages wait in a conversation; nothing for none. */
export function UnreadBadge({
  unread,
}: {
  readonly unread: Pick<Unread, 'count' | 'uncounted' | 'mentions'>;
}): ReactNode {
  const { count, uncounted, mentions } = unread;
  if (count === 0) return null;
  const more = uncounted > 0;
  return (
    <span
      className="entry-badge"
      data-mention={mentions > 0 ? '' : undefined}
      title={unreadWords(unread)}
    >
      <span aria-hidden="true">
        {count > 99 ? '99+' : count}
        {more && count <= 99 ? '+' : ''}
      </span>
      <span className="sr-only">{unreadWords(unread)}</span>
    </span>
  );
}

/** What is unread, in words: of messages that are not on this device it is not known whose they are. */
export function unreadWords({
  count,
  uncounted,
  mentions,
}: Pick<Unread, 'count' | 'uncounted' | 'mentions'>): string {
  const unread = uncounted > 0 ? `More than ${count} unread` : `${count} unread`;
  return mentions === 0 ? unread : `${unread}, ${mentions} for you`;
}
