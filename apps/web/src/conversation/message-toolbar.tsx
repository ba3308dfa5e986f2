import { EllipsisVertical, Reply, SmilePlus } from 'lucide-react';
import { DropdownMenu, Popover } from 'radix-ui';
import { type ReactNode, useState } from 'react';
import type { MessageRow } from './group-messages.ts';
import { useMessageActions } from './message-actions.ts';

/** What most people want to say with one sign. */
const EMOJI = ['👍', '❤️', '😂', '🎉', '😮', '😢', '🙏', '✅', '👀', '🚀'] as const;

/** What can be done with a message, beside it while one points at it or has it under the keyboard. */
export function MessageToolbar({
  row,
  mayWrite,
  onOpenChange,
}: {
  readonly row: MessageRow & { readonly state: 'stored' };
  readonly mayWrite: boolean;
  /** A menu is open: the bar must stay, wherever the pointer is. */
  readonly onOpenChange: (open: boolean) => void;
}): ReactNode {
  const actions = useMessageActions();
  const { deleted, pinned } = row.stored;
  const change = mayWrite && !deleted;
  return (
    <div className="message-toolbar" role="toolbar" aria-label="Message">
      {change ? (
        <>
          <EmojiPicker onPick={(emoji) => actions.react(row, emoji)} onOpenChange={onOpenChange} />
          <button
            type="button"
            aria-label="Reply"
            title="Reply (R)"
            onClick={() => actions.reply(row)}
          >
            <Reply size={16} aria-hidden="true" />
          </button>
        </>
      ) : null}
      <DropdownMenu.Root onOpenChange={onOpenChange}>
        <DropdownMenu.Trigger asChild>
          <button type="button" aria-label="More" title="More">
            <EllipsisVertical size={16} aria-hidden="true" />
          </button>
        </DropdownMenu.Trigger>
        <DropdownMenu.Portal>
          <DropdownMenu.Content className="menu" align="end" sideOffset={4} collisionPadding={8}>
            {change && row.own ? (
              <DropdownMenu.Item className="menu-item" onSelect={() => actions.edit(row)}>
                Edit
              </DropdownMenu.Item>
            ) : null}
            {change ? (
              <DropdownMenu.Item className="menu-item" onSelect={() => actions.pin(row)}>
                {pinned ? 'Unpin' : 'Pin'}
              </DropdownMenu.Item>
            ) : null}
            {deleted ? null : (
              <DropdownMenu.Item className="menu-item" onSelect={() => actions.copy(row)}>
                Copy text
              </DropdownMenu.Item>
            )}
            {deleted || row.stored.editedAt === undefined ? null : (
              <DropdownMenu.Item className="menu-item" onSelect={() => actions.history(row)}>
                Earlier versions
              </DropdownMenu.Item>
            )}
            <DropdownMenu.Item className="menu-item" onSelect={() => actions.details(row)}>
              Details
            </DropdownMenu.Item>
            {change && row.own ? (
              <>
                <DropdownMenu.Separator className="menu-line" />
                <DropdownMenu.Item
                  className="menu-item"
                  data-kind="danger"
                  onSelect={() => actions.remove(row)}
                >
                  Delete
                </DropdownMenu.Item>
              </>
            ) : null}
          </DropdownMenu.Content>
        </DropdownMenu.Portal>
      </DropdownMenu.Root>
    </div>
  );
}

function EmojiPicker({
  onPick,
  onOpenChange,
}: {
  readonly onPick: (emoji: string) => void;
  readonly onOpenChange: (open: boolean) => void;
}): ReactNode {
  const [open, setOpen] = useState(false);
  const change = (next: boolean) => {
    setOpen(next);
    onOpenChange(next);
  };
  return (
    <Popover.Root open={open} onOpenChange={change}>
      <Popover.Trigger asChild>
        <button type="button" aria-label="React" title="React">
          <SmilePlus size={16} aria-hidden="true" />
        </button>
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          className="emoji-picker"
          align="end"
          sideOffset={4}
          collisionPadding={8}
          aria-label="React with"
        >
          {EMOJI.map((emoji) => (
            <button
              key={emoji}
              type="button"
              onClick={() => {
                onPick(emoji);
                change(false);
              }}
            >
              {emoji}
            </button>
          ))}
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}
