import { Dialog } from 'radix-ui';
import type { ReactNode } from 'react';

/** A field with what can be chosen under it, over everything else. */
export function ChoiceDialog({
  open,
  setOpen,
  title,
  kind,
  children,
}: {
  readonly open: boolean;
  readonly setOpen: (open: boolean) => void;
  /** Accessible name. */
  readonly title: string;
  readonly kind?: 'search';
  readonly children: ReactNode;
}): ReactNode {
  return (
    <Dialog.Root open={open} onOpenChange={setOpen}>
      <Dialog.Portal>
        <Dialog.Overlay className="overlay" />
        <Dialog.Content
          className={kind === 'search' ? 'command-menu search-dialog' : 'command-menu'}
          aria-describedby={undefined}
          // What was chosen may take the focus, a message or a title for instance: it stays there.
          onCloseAutoFocus={(event) => {
            if (document.activeElement !== document.body) event.preventDefault();
          }}
        >
          <Dialog.Title className="sr-only">{title}</Dialog.Title>
          {children}
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
