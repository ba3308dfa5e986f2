import { NOTHING_UNREAD } from '@weft/protocol';
import { Plus } from 'lucide-react';
import { type KeyboardEvent, type ReactNode, useId } from 'react';
import { Avatar } from '../parts/avatar.tsx';
import { IconButton } from '../parts/icon-button.tsx';
import { Link } from '../routing/link.tsx';
import { pathOf } from '../routing/routes.ts';
import { useShell } from '../shell/context.ts';
import { moveFocus } from '../sidebar/move-focus.ts';
import { UnreadBadge } from '../sidebar/unread-badge.tsx';

/** The people one writes with, in the sidebar. */
export function DirectList({ shown }: { readonly shown: string | undefined }): ReactNode {
  const { directs, unread, panes, newMessage } = useShell();
  const heading = useId();
  const onKeyDown = (event: KeyboardEvent<HTMLAnchorElement>) => {
    if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
    event.preventDefault();
    moveFocus(event.currentTarget, event.key === 'ArrowDown' ? 1 : -1);
  };
  return (
    <section className="sidebar-section" aria-labelledby={heading}>
      <div className="sidebar-section-head">
        <h2 id={heading}>Direct messages</h2>
        <IconButton icon={Plus} label="New message" onClick={newMessage} />
      </div>
      {directs.length === 0 ? (
        <p className="sidebar-empty">Nobody yet</p>
      ) : (
        <ul className="sidebar-list">
          {directs.map(({ id, person }) => (
            <li key={id} className="entry" data-current={id === shown ? '' : undefined}>
              <Link
                href={pathOf({ kind: 'channel', id })}
                aria-current={id === shown ? 'page' : undefined}
                onKeyDown={onKeyDown}
                onClick={() => {
                  if (panes.narrow) panes.setOpen('left', false);
                }}
              >
                <Avatar sub={person.sub} name={person.name} />
                <span className="entry-title" dir="auto">
                  {person.name}
                </span>
                <UnreadBadge unread={unread.get(id) ?? NOTHING_UNREAD} />
              </Link>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
