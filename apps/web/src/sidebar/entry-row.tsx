import { type DirectoryEntry, NOTHING_UNREAD, TITLE_MAX } from '@weft/protocol';
import { FileText, Hash } from 'lucide-react';
import { type KeyboardEvent, type ReactNode, useRef, useState } from 'react';
import { Link } from '../routing/link.tsx';
import { pathOf } from '../routing/routes.ts';
import { titleOf, useShell } from '../shell/context.ts';
import { EntryMenu } from './entry-menu.tsx';
import { moveFocus } from './move-focus.ts';
import type { Places } from './places.ts';
import { UnreadBadge } from './unread-badge.tsx';

/** One entry of the directory: a link, and a place to rename it. */
export function EntryRow({
  entry,
  current,
  places,
}: {
  readonly entry: DirectoryEntry;
  readonly current: boolean;
  readonly places: Places;
}): ReactNode {
  const { panes, workspace, mayWrite, unread } = useShell();
  const [renaming, setRenaming] = useState(false);
  const link = useRef<HTMLAnchorElement>(null);
  const Icon = entry.kind === 'document' ? FileText : Hash;
  const title = titleOf(entry);

  const finish = (next: string | undefined) => {
    setRenaming(false);
    if (next !== undefined) workspace?.rename(entry.id, next);
    // The field is gone after this turn; the keyboard stays at its entry.
    queueMicrotask(() => link.current?.focus());
  };
  const move = (where: 'up' | 'down') => {
    if (where === 'up' && places.above !== undefined) workspace?.move(entry.id, places.above);
    if (where === 'down' && !places.last) workspace?.move(entry.id, places.below);
    // The list is drawn anew around it; the keyboard stays at it.
    queueMicrotask(() => link.current?.focus());
  };
  const onKeyDown = (event: KeyboardEvent<HTMLAnchorElement>) => {
    if (event.key === 'F2' && mayWrite) {
      event.preventDefault();
      setRenaming(true);
    } else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      if (event.altKey && mayWrite) move(event.key === 'ArrowUp' ? 'up' : 'down');
      else moveFocus(event.currentTarget, event.key === 'ArrowDown' ? 1 : -1);
    }
  };
  if (renaming) {
    return (
      <li className="entry">
        <Icon size={16} aria-hidden="true" strokeWidth={1.75} />
        <RenameField title={entry.title} finish={finish} />
      </li>
    );
  }
  return (
    <li className="entry" data-current={current ? '' : undefined}>
      <Link
        ref={link}
        href={pathOf(entry)}
        aria-current={current ? 'page' : undefined}
        onKeyDown={onKeyDown}
        onDoubleClick={() => setRenaming(mayWrite)}
        onClick={() => {
          if (panes.narrow) panes.setOpen('left', false);
        }}
      >
        <Icon size={16} aria-hidden="true" strokeWidth={1.75} />
        <span
          className="entry-title"
          dir="auto"
          data-untitled={entry.title === '' ? '' : undefined}
        >
          {title}
        </span>
        <UnreadBadge unread={unread.get(entry.id) ?? NOTHING_UNREAD} />
      </Link>
      {mayWrite ? (
        <EntryMenu
          title={title}
          first={places.above === undefined}
          last={places.last}
          onRename={() => setRenaming(true)}
          onMove={move}
          onArchive={() => workspace?.archive(entry.id)}
        />
      ) : null}
    </li>
  );
}

function RenameField({
  title,
  finish,
}: {
  readonly title: string;
  readonly finish: (next: string | undefined) => void;
}): ReactNode {
  const [text, setText] = useState(title);
  const done = useRef(false);
  const end = (next: string | undefined) => {
    // Enter takes the field away, and the blur that follows must not rename once more.
    if (done.current) return;
    done.current = true;
    finish(next);
  };
  return (
    <input
      className="entry-field"
      aria-label="Rename"
      placeholder="Untitled"
      dir="auto"
      autoFocus
      maxLength={TITLE_MAX}
      value={text}
      onFocus={(event) => event.target.select()}
      onChange={(event) => setText(event.target.value)}
      onBlur={() => end(text)}
      onKeyDown={(event) => {
        if (event.nativeEvent.isComposing) return;
        if (event.key === 'Enter') end(text);
        if (event.key === 'Escape') end(undefined);
      }}
    />
  );
}
