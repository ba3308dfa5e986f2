import { activeFormats, type DocumentEditor, type Format, toggleFormat } from '@weft/editor';
import {
  Bold,
  Code,
  Heading1,
  Heading2,
  Italic,
  List,
  ListOrdered,
  type LucideIcon,
  MessageSquarePlus,
  Quote,
  Strikethrough,
} from 'lucide-react';
import { Toolbar, Tooltip } from 'radix-ui';
import { type ReactNode, useCallback, useSyncExternalStore } from 'react';
import { keysOf, modKey } from '../parts/keys.ts';

interface Button {
  readonly format: Format;
  readonly label: string;
  readonly keys: string;
  readonly icon: LucideIcon;
}

const GROUPS: readonly (readonly Button[])[] = [
  [
    { format: 'heading1', label: 'Large heading', keys: modKey('Alt+1'), icon: Heading1 },
    { format: 'heading2', label: 'Small heading', keys: modKey('Alt+2'), icon: Heading2 },
  ],
  [
    { format: 'bold', label: 'Bold', keys: modKey('B'), icon: Bold },
    { format: 'italic', label: 'Italic', keys: modKey('I'), icon: Italic },
    { format: 'strike', label: 'Struck out', keys: modKey('Shift+S'), icon: Strikethrough },
    { format: 'code', label: 'Code', keys: modKey('E'), icon: Code },
  ],
  [
    { format: 'bulletList', label: 'List', keys: modKey('Shift+8'), icon: List },
    { format: 'orderedList', label: 'Numbered list', keys: modKey('Shift+7'), icon: ListOrdered },
    { format: 'blockquote', label: 'Quotation', keys: modKey('Shift+B'), icon: Quote },
  ],
];

/** The formats of the text at the caret. */
export function FormatBar({
  tiptap,
  onComment,
}: {
  readonly tiptap: DocumentEditor['tiptap'];
  /** Begins a comment thread about what is selected. */
  readonly onComment: () => void;
}): ReactNode {
  const subscribe = useCallback(
    (changed: () => void) => {
      tiptap.on('transaction', changed);
      return () => void tiptap.off('transaction', changed);
    },
    [tiptap],
  );
  // As one text: it is equal while nothing changed, and then nothing renders.
  const active = useSyncExternalStore(subscribe, () => activeFormats(tiptap).join(' ')).split(' ');
  return (
    <Toolbar.Root className="format-bar" aria-label="Format">
      {GROUPS.map((group) => (
        <div className="format-group" role="group" key={group[0]?.label}>
          {group.map(({ format, label, keys, icon: Icon }) => (
            <Tooltip.Root key={format}>
              <Tooltip.Trigger asChild>
                <Toolbar.Button
                  className="icon-button"
                  aria-label={label}
                  aria-pressed={active.includes(format)}
                  // The selection in the text stays while a button is pressed.
                  onMouseDown={(event) => event.preventDefault()}
                  onClick={() => toggleFormat(tiptap, format)}
                >
                  <Icon size={16} aria-hidden="true" strokeWidth={1.75} />
                </Toolbar.Button>
              </Tooltip.Trigger>
              <Tooltip.Portal>
                <Tooltip.Content className="tooltip" sideOffset={6} collisionPadding={8}>
                  {label}
                  <kbd>{keys}</kbd>
                </Tooltip.Content>
              </Tooltip.Portal>
            </Tooltip.Root>
          ))}
        </div>
      ))}
      <div className="format-group">
        <Tooltip.Root>
          <Tooltip.Trigger asChild>
            <Toolbar.Button
              className="icon-button"
              aria-label="Comment"
              onMouseDown={(event) => event.preventDefault()}
              onClick={onComment}
            >
              <MessageSquarePlus size={16} aria-hidden="true" strokeWidth={1.75} />
            </Toolbar.Button>
          </Tooltip.Trigger>
          <Tooltip.Portal>
            <Tooltip.Content className="tooltip" sideOffset={6} collisionPadding={8}>
              Comment
              <kbd>{keysOf('Alt+M')}</kbd>
            </Tooltip.Content>
          </Tooltip.Portal>
        </Tooltip.Root>
      </div>
    </Toolbar.Root>
  );
}
