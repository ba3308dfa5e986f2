import type { ConnectionStatus, DeviceState, DocumentStatus, Refusal } from '@weft/client';
import { type ErrorCode, errorDefinition } from '@weft/protocol';
import { inLine, useConnection, useDeviceState, useObservable } from '@weft/react';
import type { ReactNode } from 'react';
import { useSession } from '../session/context.ts';
import { WOULD_LOSE, useReload } from '../update/use-reload.ts';
import { RefusedList } from './refused-list.tsx';

/** What the chip's words rest on, and what can be done. */
export function StatusDetails({
  refusals,
  onShow,
  onLooked,
}: {
  readonly refusals: readonly Refusal[];
  readonly onShow: (refusal: Refusal) => void;
  readonly onLooked: () => void;
}): ReactNode {
  const { work, person, signOut } = useSession();
  const changes = useObservable(work.status);
  const connection = useConnection();
  const device = useDeviceState();
  const reload = useReload();
  return (
    <>
      <h2>Your changes</h2>
      <dl className="facts">
        <dt>On this device</dt>
        <dd>{onDevice(changes, device)}</dd>
        <dt>On the server</dt>
        <dd>{onServer(changes, connection)}</dd>
        <dt>Connection</dt>
        <dd>{connectionWords(connection)}</dd>
        <dt>You are</dt>
        <dd>{person.name}</dd>
      </dl>
      {connection.state === 'outdated' ? (
        <>
          {reload.asked === 'unsaved' ? <p role="alert">{WOULD_LOSE}</p> : null}
          <button
            type="button"
            className="button"
            data-kind="primary"
            aria-disabled={reload.asked === 'waiting'}
            onClick={reload.ask}
          >
            Reload
          </button>
        </>
      ) : null}
      {connection.state === 'revoked' ? (
        <>
          <p>
            {reasonOf(connection.code)}{' '}
            {device.state === 'memory-only'
              ? 'What the server has not stored is in this tab only.'
              : 'What you wrote is still on this device.'}
          </p>
          <button type="button" className="button" onClick={() => void signOut()}>
            Start anew with a name
          </button>
        </>
      ) : null}
      {refusals.length === 0 ? null : (
        <RefusedList refusals={refusals} onShow={onShow} onLooked={onLooked} />
      )}
    </>
  );
}

function onDevice({ state }: DocumentStatus, device: DeviceState): string {
  if (device.state === 'memory-only') return 'Not saved here';
  return state === 'unsaved' ? 'Saving…' : 'All of them';
}

function onServer({ waiting }: DocumentStatus, connection: ConnectionStatus): string {
  // Who is not let in cannot know: it may even be another server by now.
  if (connection.state === 'revoked') return 'Not known while signed out';
  if (waiting === 0) return 'All of them';
  return waiting === 1 ? 'All but 1 change' : `All but ${waiting} changes`;
}

function reasonOf(code: ErrorCode): string {
  return code === 'guest-unknown'
    ? 'This server does not remember you.'
    : errorDefinition(code).message;
}

function connectionWords(connection: ConnectionStatus): string {
  switch (connection.state) {
    case 'online':
      return 'Online';
    case 'connecting':
      return connection.code === undefined ? 'Connecting…' : triesAgain(connection.code);
    case 'offline':
      return connection.code === undefined
        ? 'Offline; it tries again by itself'
        : triesAgain(connection.code);
    case 'waiting':
      return `${errorDefinition(connection.code).message} It asked to wait; this device comes back by itself.`;
    case 'queued':
      return `The server is full. ${inLine(connection)}; it lets this device in by itself.`;
    case 'outdated':
      return 'Waits for a reload';
    case 'revoked':
      return 'Signed out';
    default: {
      const unreachable: never = connection;
      return unreachable;
    }
  }
}

/** The server was reached, and said why it cannot serve now. */
function triesAgain(code: ErrorCode): string {
  return `${errorDefinition(code).message} This device tries again by itself.`;
}
