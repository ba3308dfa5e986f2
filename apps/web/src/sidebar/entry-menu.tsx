import { Ellipsis } from 'lucide-react';
import { DropdownMenu } from 'radix-ui';
import type { ReactNode } from 'react';

/** What can be done with an entry of the directory. */
export function EntryMenu({
  title,
  first,
  last,
  onRename,
  onMove,
  onArchive,
}: {
  readonly title: string;
  readonly first: boolean;
  readonly last: boolean;
  readonly onRename: () => void;
  readonly onMove: (where: 'up' | 'down') => void;
  readonly onArchive: () => void;
}): ReactNode {
  return (
    <DropdownMenu.Root>
      <DropdownMenu.Trigger asChild>
        <button type="button" className="entry-more" aria-label={`More about ${title}`}>
          <Ellipsis size={14} aria-hidden="true" strokeWidth={1.75} />
        </button>
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          className="menu"
          align="start"
          sideOffset={4}
          collisionPadding={8}
          // What was chosen may have moved the focus: into the field of a new name, say.
          onCloseAutoFocus={(event) => event.preventDefault()}
        >
          <DropdownMenu.Item className="menu-item" onSelect={onRename}>
            Rename <kbd className="menu-key">F2</kbd>
          </DropdownMenu.Item>
          <DropdownMenu.Item className="menu-item" disabled={first} onSelect={() => onMove('up')}>
            Move up <kbd className="menu-key">Alt+↑</kbd>
          </DropdownMenu.Item>
          <DropdownMenu.Item className="menu-item" disabled={last} onSelect={() => onMove('down')}>
            Move down <kbd className="menu-key">Alt+↓</kbd>
          </DropdownMenu.Item>
          <DropdownMenu.Separator className="menu-line" />
          <DropdownMenu.Item className="menu-item" onSelect={onArchive}>
            Archive
          </DropdownMenu.Item>
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}
