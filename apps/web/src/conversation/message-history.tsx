import type { Revisions } from '@weft/protocol';
import { Dialog } from 'radix-ui';
import { type ReactNode, useEffect, useState } from 'react';
import { fullTimeOf } from './days.ts';
import type { MessageRow } from './group-messages.ts';
import { MessageText } from './message-text.tsx';

type Asked =
  | { readonly state: 'asking' }
  | ({ readonly state: 'told' } & Revisions)
  | { readonly state: 'unknown' };

/** The texts that a message had. */
export function MessageHistory({
  row,
  offline,
  ask,
  onClose,
}: {
  /** The message; nothing shows nothing. */
  readonly row: MessageRow | undefined;
  readonly offline: boolean;
  /** Asks the server: a device keeps the present text alone. */
  readonly ask: (sequence: number) => Promise<Revisions>;
  readonly onClose: () => void;
}): ReactNode {
  return (
    <Dialog.Root
      open={row !== undefined}
      onOpenChange={(open) => {
        if (!open) onClose();
      }}
    >
      <Dialog.Portal>
        <Dialog.Overlay className="overlay" />
        <Dialog.Content className="dialog" aria-describedby={undefined}>
          <Dialog.Title asChild>
            <h2>Versions of this message</h2>
          </Dialog.Title>
          {row?.state === 'stored' ? (
            <MessageVersions key={row.id} row={row} offline={offline} ask={ask} />
          ) : null}
          <div className="dialog-actions">
            <Dialog.Close className="button" data-kind="primary">
              Close
            </Dialog.Close>
          </div>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

/** Its content: the present text from the device, then those before it, the newest first. */
export function MessageVersions({
  row,
  offline,
  ask,
}: {
  readonly row: MessageRow & { readonly state: 'stored' };
  readonly offline: boolean;
  readonly ask: (sequence: number) => Promise<Revisions>;
}): ReactNode {
  const { sequence, revision, editedAt = row.at } = row.stored;
  const [asked, setAsked] = useState<Asked>({ state: 'asking' });
  useEffect(() => {
    // Without a network there is nobody to ask; with it again there is.
    if (offline) return undefined;
    let shown = true;
    ask(sequence).then(
      (answer) => shown && setAsked({ state: 'told', ...answer }),
      () => shown && setAsked({ state: 'unknown' }),
    );
    return () => {
      shown = false;
    };
  }, [ask, sequence, offline]);
  const earlier =
    asked.state === 'told' ? asked.revisions.filter((each) => each.revision < revision) : [];
  return (
    <>
      <ol className="versions" aria-label="Versions, the newest first">
        <li>
          <h3>
            Now <time dateTime={new Date(editedAt).toISOString()}>{fullTimeOf(editedAt)}</time>
          </h3>
          <MessageText body={row.body} />
        </li>
        {earlier.toReversed().map(({ revision: number, at, body }) => (
          <li key={number}>
            <h3>
              {number === 1 ? 'At first' : `Version ${number}`}{' '}
              <time dateTime={new Date(at).toISOString()}>{fullTimeOf(at)}</time>
            </h3>
            <MessageText body={body} />
          </li>
        ))}
      </ol>
      <p className="versions-note" role="status">
        {noteOf(asked, offline)}
      </p>
    </>
  );
}

function noteOf(asked: Asked, offline: boolean): string {
  if (asked.state === 'told') {
    return asked.complete ? '' : 'Versions before these were not kept.';
  }
  if (offline) return 'Earlier versions are not on this device. They appear when you are online.';
  return asked.state === 'asking'
    ? 'Looking for earlier versions…'
    : 'The server could not be asked for earlier versions. Close this and try again.';
}
