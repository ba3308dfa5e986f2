import type { Observable, Refusal } from '@weft/client';
import { type StatusWords, createStatusLine, useObservable, useWeft } from '@weft/react';
import { Popover } from 'radix-ui';
import { type ReactNode, useEffect, useMemo, useState } from 'react';
import { useSession } from '../session/context.ts';
import { type Looked, createLooked } from './looked.ts';
import { RefusedDialog } from './refused-dialog.tsx';
import { useRefusedTitle } from './refused-list.tsx';
import { StatusDetails } from './status-details.tsx';

/** What the chip says, and what was looked at. */
export interface Said {
  readonly line: Observable<StatusWords>;
  readonly looked: Looked;
}

/**
 * Held where the workspace is: a chip that moves with a pane would begin anew, and say *Stored* until it had waited
 * once more for the word *offline*.
 */
export function useSaid(): Said {
  const { connection, storage: device, refusals } = useWeft();
  const { work } = useSession();
  const said = useMemo(() => {
    const looked = createLooked(refusals);
    const line = createStatusLine(
      { connection, device, document: work.status, refused: looked.open },
      (ms, fire) => {
        const timer = setTimeout(fire, ms);
        return () => clearTimeout(timer);
      },
    );
    return { line, looked };
  }, [connection, device, refusals, work]);
  useEffect(() => said.line.subscribe(() => undefined), [said]);
  return said;
}

/** Where the person's newest change is, in a few words; the details are one click away. */
export function StatusChip({ line, looked }: Said): ReactNode {
  const weft = useWeft();
  const { status, text } = useObservable(line);
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
