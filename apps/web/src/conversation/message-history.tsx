import type { MessageBody, Revisions } from '@weft/protocol';
import { type ReactNode, useEffect, useState } from 'react';
import { fullTimeOf } from './days.ts';
import type { MessageRow } from './group-messages.ts';
import { MessageDialog } from './message-dialog.tsx';
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
    <MessageDialog open={row !== undefined} title="Versions of this message" onClose={onClose}>
      {row?.state === 'stored' ? (
        <MessageVersions key={row.id} row={row} offline={offline} ask={ask} />
      ) : null}
    </MessageDialog>
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
          <VersionBody body={row.body} />
        </li>
        {earlier.toReversed().map(({ revision: number, at, body }) => (
          <li key={number}>
            <h3>
              {number === 1 ? 'At first' : `Version ${number}`}{' '}
              <time dateTime={new Date(at).toISOString()}>{fullTimeOf(at)}</time>
            </h3>
            <VersionBody body={body} />
          </li>
        ))}
      </ol>
      <p className="versions-note" role="status">
        {noteOf(asked, offline)}
      </p>
    </>
  );
}

/** What a version said. One that said nothing is told of in words: an empty line looks like a fault. */
function VersionBody({ body }: { readonly body: MessageBody }): ReactNode {
  if (body.text.trim() !== '') return <MessageText body={body} />;
  const { files = [] } = body;
  return (
    <p className="version-blank">
      {files.length === 0
        ? 'No text'
        : `No text, only ${files.length === 1 ? 'a file' : 'files'}: ${files.map(({ name }) => name).join(', ')}`}
    </p>
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
