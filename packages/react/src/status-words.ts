import type { ConnectionStatus, DeviceState, DocumentStatus } from '@weft/client';

/** Which sentence it is; for styles and tests, where the text is for people. */
export type StatusKind =
  | 'unsaved'
  | 'local'
  | 'offline'
  | 'memory-only'
  | 'stored'
  | 'outdated'
  | 'refused'
  | 'revoked';

export interface StatusWords {
  readonly status: StatusKind;
  readonly text: string;
}

/** What there is to say something about. */
export interface StatusFacts {
  readonly connection: ConnectionStatus;
  readonly document: DocumentStatus;
  /** Whether the device keeps what is made; without it, that it does. */
  readonly device?: DeviceState | undefined;
  /** How many changes the server refused and the person has not looked at. */
  readonly refused?: number | undefined;
}

/**
 * What to say of a person's work, in words about the work. Pure; the timing of these words (what is shown before
 * 300 ms and 2 s have passed) is `createStatusLine`'s.
 */
export function statusWords({
  connection,
  document,
  device,
  refused = 0,
}: StatusFacts): StatusWords {
  if (refused > 0) {
    return { status: 'refused', text: 'This change could not be kept · Show it' };
  }
  if (connection.state === 'outdated') {
    return { status: 'outdated', text: 'A new version is ready · Reload' };
  }
  // What the server has is safe wherever it is written; of anything else it must be said that a reload loses it.
  if (device?.state === 'memory-only' && document.state !== 'stored') {
    return { status: 'memory-only', text: 'Not saved on this device' };
  }
  if (document.state === 'unsaved') return { status: 'unsaved', text: 'Saving…' };
  const kept = device?.state === 'memory-only' ? '' : ` · saved on this device${toSend(document)}`;
  if (connection.state === 'revoked') return { status: 'revoked', text: `Signed out${kept}` };
  if (connection.state === 'offline') return { status: 'offline', text: `Offline${kept}` };
  if (document.state === 'stored') return { status: 'stored', text: 'Stored' };
  // The device is still being read: nothing is known yet, so nothing is said.
  if (document.waiting === 0) return { status: 'local', text: '' };
  return { status: 'local', text: 'Saved on this device · sending' };
}

function toSend({ waiting }: DocumentStatus): string {
  if (waiting === 0) return '';
  return waiting === 1 ? ' · 1 change to send' : ` · ${waiting} changes to send`;
}
