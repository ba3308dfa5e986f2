import type { Refusal } from '@weft/client';
import { Dialog } from 'radix-ui';
import { type ReactNode, useState } from 'react';

export interface RefusedDialogProps {
  /** The one that is shown; nothing shows nothing. */
  readonly refusal: Refusal | undefined;
  readonly title: string;
  readonly onClose: () => void;
  /** Rejects when the device could not do it. */
  readonly onDiscard: (id: string) => Promise<void>;
  /** Puts text where the person can paste it from. */
  readonly copy: (text: string) => Promise<void>;
}

/** Shows what could not be kept: the text is the person's, to copy, until they discard it. */
export function RefusedDialog({ refusal, ...props }: RefusedDialogProps): ReactNode {
  return (
    <Dialog.Root
      open={refusal !== undefined}
      onOpenChange={(open) => {
        if (!open) props.onClose();
      }}
    >
      <Dialog.Portal>
        <Dialog.Overlay className="overlay" />
        <Dialog.Content className="dialog" aria-describedby={undefined}>
          {refusal === undefined ? null : (
            <RefusedWork key={refusal.id} refusal={refusal} {...props} />
          )}
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

type Note =
  | ''
  | 'Copied.'
  | 'It could not be copied. Select the text instead.'
  | typeof NOT_DISCARDED;

const NOT_DISCARDED = 'This device could not discard it. It will be listed again after a reload.';

function RefusedWork({
  refusal,
  title,
  onClose,
  onDiscard,
  copy,
}: Omit<RefusedDialogProps, 'refusal'> & { readonly refusal: Refusal }): ReactNode {
  const [note, setNote] = useState<Note>('');
  const { id, text, message } = refusal;
  const discard = () => {
    onDiscard(id).then(onClose, () => setNote(NOT_DISCARDED));
  };
  const take = () => {
    copy(text).then(
      () => setNote('Copied.'),
      () => setNote('It could not be copied. Select the text instead.'),
    );
  };
  return (
    <>
      <Dialog.Title asChild>
        <h2>This change could not be kept</h2>
      </Dialog.Title>
      <p>
        {title}: {message} It is not in the document; this device keeps it until you discard it.
      </p>
      {text === '' ? (
        <p>It holds no text that could be shown.</p>
      ) : (
        <textarea className="refused-text" readOnly dir="auto" aria-label="The text" value={text} />
      )}
      <p className="refused-note" role="status">
        {note}
      </p>
      <div className="dialog-actions">
        <button type="button" className="button" data-kind="danger" onClick={discard}>
          Discard
        </button>
        {text === '' ? null : (
          <button type="button" className="button" onClick={take}>
            Copy
          </button>
        )}
        <Dialog.Close className="button" data-kind="primary">
          Close
        </Dialog.Close>
      </div>
    </>
  );
}
