import type { ConnectionStatus, DocumentStatus } from '@weft/client';

/** Which sentence it is; for styles and tests, where the text is for people. */
export type StatusKind =
  | 'unsaved'
  | 'local'
  | 'offline'
  | 'stored'
  | 'outdated'
  | 'refused'
  | 'revoked';

export interface StatusWords {
  readonly status: StatusKind;
  readonly text: string;
}

/**
 * What to say of a person's work, in words about the work. Pure; the timing of these words (what is shown before
 * 300 ms and 2 s have passed) is `createStatusLine`'s.
 * @param refused how many changes the server refused and the person has not looked at
 */
export function statusWords(
  connection: ConnectionStatus,
  document: DocumentStatus,
  refused = 0,
): StatusWords {
  if (refused > 0) {
    return { status: 'refused', text: 'This change could not be kept · Show it' };
  }
  if (connection.state === 'outdated') {
    return { status: 'outdated', text: 'A new version is ready · Reload' };
  }
  if (document.state === 'unsaved') return { status: 'unsaved', text: 'Saving…' };
  if (connection.state === 'revoked') {
    return { status: 'revoked', text: `Signed out · saved on this device${toSend(document)}` };
  }
  if (connection.state === 'offline') {
    return { status: 'offline', text: `Offline · saved on this device${toSend(document)}` };
  }
  if (document.state === 'stored') return { status: 'stored', text: 'Stored' };
  // The device is still being read: nothing is known yet, so nothing is said.
  if (document.waiting === 0) return { status: 'local', text: '' };
  return { status: 'local', text: 'Saved on this device · sending' };
}

function toSend({ waiting }: DocumentStatus): string {
  if (waiting === 0) return '';
  return waiting === 1 ? ' · 1 change to send' : ` · ${waiting} changes to send`;
}
