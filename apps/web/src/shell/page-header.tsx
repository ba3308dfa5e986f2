import { MessageSquareText, PanelLeft } from 'lucide-react';
import type { ReactNode } from 'react';
import { IconButton } from '../parts/icon-button.tsx';
import { modKey } from '../parts/keys.ts';
import { useShell } from './context.ts';

/** The line above a page: what it is, who is there, and the panes. */
export function PageHeader({
  children,
  people,
  conversation = false,
}: {
  readonly children?: ReactNode;
  readonly people?: ReactNode;
  /** Whether there is a conversation beside this page. */
  readonly conversation?: boolean;
}): ReactNode {
  const { panes } = useShell();
  return (
    <header className="page-header">
      <IconButton
        icon={PanelLeft}
        label={panes.left.open ? 'Hide the workspace' : 'Show the workspace'}
        keys={modKey('\\')}
        aria-expanded={panes.left.open}
        onClick={() => panes.toggle('left')}
      />
      <div className="page-header-title">{children}</div>
      {people}
      {conversation ? (
        <IconButton
          icon={MessageSquareText}
          label={panes.right.open ? 'Hide the conversation' : 'Show the conversation'}
          keys={modKey('.')}
          aria-expanded={panes.right.open}
          onClick={() => panes.toggle('right')}
        />
      ) : null}
    </header>
  );
}
