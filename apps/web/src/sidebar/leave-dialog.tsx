import { useObservable, useWeft } from '@weft/react';
import { AlertDialog } from 'radix-ui';
import { type ReactNode, useEffect, useState } from 'react';
import { useSession } from '../session/context.ts';
import { notStoredWords } from '../sync/not-stored.ts';

/** Said when the device cannot be asked how much it is. */
const SOME = 'Some of your changes have not reached the server yet; nobody else would see them.';

/**
 * Says what leaving means before it happens: a guest who leaves cannot come back as the same person, and what only
 * this device has goes with them.
 */
export function LeaveDialog({
  open,
  setOpen,
}: {
  readonly open: boolean;
  readonly setOpen: (open: boolean) => void;
}): ReactNode {
  const { signOut, person } = useSession();
  const left = useNotStoredWords(open);
  return (
    <AlertDialog.Root open={open} onOpenChange={setOpen}>
      <AlertDialog.Portal>
        <AlertDialog.Overlay className="overlay" />
        <AlertDialog.Content className="dialog">
          <AlertDialog.Title>Leave as {person.name}?</AlertDialog.Title>
          <AlertDialog.Description>
            This browser forgets who you are, and you cannot come back as the same person. What the
            server has stays there.
            {left === undefined ? '' : ` ${left}`}
          </AlertDialog.Description>
          <div className="dialog-actions">
            <AlertDialog.Cancel className="button">Stay</AlertDialog.Cancel>
            <AlertDialog.Action
              className="button"
              data-kind="danger"
              onClick={() => void signOut()}
            >
              Leave
            </AlertDialog.Action>
          </div>
        </AlertDialog.Content>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}

/** How much only this device has, counted while the question stands. */
function useNotStoredWords(open: boolean): string | undefined {
  const { notStored } = useSession();
  const pending = useObservable(useWeft().pending);
  const [words, setWords] = useState<string>();
  useEffect(() => {
    if (!open) return undefined;
    let asking = true;
    notStored().then(
      (found) => asking && setWords(notStoredWords(found)),
      () => asking && setWords(pending === 0 ? undefined : SOME),
    );
    return () => {
      asking = false;
    };
  }, [open, notStored, pending]);
  return words;
}
