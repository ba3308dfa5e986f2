import { AlertDialog } from 'radix-ui';
import type { ReactNode } from 'react';
import type { MessageRow } from './group-messages.ts';

/** Asks before a message is deleted: that cannot be taken back. */
export function DeleteDialog({
  row,
  onClose,
  onDelete,
}: {
  /** The one that is asked about; nothing asks nothing. */
  readonly row: MessageRow | undefined;
  readonly onClose: () => void;
  readonly onDelete: (id: string) => void;
}): ReactNode {
  return (
    <AlertDialog.Root
      open={row !== undefined}
      onOpenChange={(open) => {
        if (!open) onClose();
      }}
    >
      <AlertDialog.Portal>
        <AlertDialog.Overlay className="overlay" />
        <AlertDialog.Content className="dialog">
          <AlertDialog.Title>Delete this message?</AlertDialog.Title>
          <AlertDialog.Description>
            Its words are taken away for everybody. That there was a message stays.
          </AlertDialog.Description>
          <div className="dialog-actions">
            <AlertDialog.Cancel className="button">Keep</AlertDialog.Cancel>
            <AlertDialog.Action
              className="button"
              data-kind="danger"
              onClick={() => {
                if (row !== undefined) onDelete(row.id);
              }}
            >
              Delete
            </AlertDialog.Action>
          </div>
        </AlertDialog.Content>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}
