import type { Refusal } from '@weft/client';
import { useObservable, useStatusLine, useWeft } from '@weft/react';
import { Popover } from 'radix-ui';
import { type ReactNode, useMemo, useState } from 'react';
import { useSession } from '../session/context.ts';
import { createLooked } from './looked.ts';
import { RefusedDialog } from './refused-dialog.tsx';
import { useRefusedTitle } from './refused-list.tsx';
import { StatusDetails } from './status-details.tsx';

/** Where the person's newest change is, in a few words; the details are one click away. */
export function StatusChip(): ReactNode {
  const weft = useWeft();
  const { work } = useSession();
  const looked = useMemo(() => createLooked(weft.refusals), [weft]);
  const { status, text } = useStatusLine(work.status, looked.open);
  const [open, setOpen] = useState(false);
  const [shown, setShown] = useState<string>();
  const refusals = useObservable(weft.refusals);
  const titleFor = useRefusedTitle();
  const refusal = refusals.find(({ id }) => id === shown);
  const show = ({ id }: Refusal) => {
    looked.look();
    setOpen(false);
    setShown(id);
  };

  return (
    <Popover.Root open={open} onOpenChange={setOpen}>
      <div className="chip-holder">
        {/* Not announced at each key press: what matters of it is said by the region below. */}
        <div className="chip" role="status" aria-live="off" data-status={status}>
          <span className="chip-dot" aria-hidden="true" />
          <span className="chip-text">{text}</span>
        </div>
        <Popover.Trigger className="chip-button" aria-label="Details" />
      </div>
      <div className="sr-only" aria-live="polite">
        {status === 'offline' ||
        status === 'waiting' ||
        status === 'memory-only' ||
        status === 'refused' ||
        status === 'outdated' ||
        status === 'revoked'
          ? text
          : ''}
      </div>
      <Popover.Portal>
        <Popover.Content
          className="popover"
          side="top"
          align="start"
          sideOffset={8}
          collisionPadding={12}
        >
          <StatusDetails refusals={refusals} onShow={show} onLooked={looked.look} />
        </Popover.Content>
      </Popover.Portal>
      <RefusedDialog
        refusal={refusal}
        title={refusal === undefined ? '' : titleFor(refusal)}
        onClose={() => setShown(undefined)}
        onDiscard={(id) => weft.discard(id)}
        copy={(copied) => navigator.clipboard.writeText(copied)}
      />
    </Popover.Root>
  );
}
