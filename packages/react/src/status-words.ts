import type { ConnectionStatus, DeviceState, DocumentStatus } from '@weft/client';

/** Which sentence it is; for styles and tests, where the text is for people. */
export type StatusKind =
  | 'unsaved'
  | 'local'
  | 'offline'
  | 'waiting'
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
  // What the server has is safe wherever it is written; of anything else it must be said that a reload loses it.
  if (device?.state === 'memory-only' && document.state !== 'stored') {
    return { status: 'memory-only', text: 'Not saved on this device' };
  }
  if (document.state === 'unsaved') return { status: 'unsaved', text: 'Saving…' };
  // Behind the two above: it offers a reload, and that would lose what only this tab has.
  if (connection.state === 'outdated') {
    return { status: 'outdated', text: 'A new version is ready · Reload' };
  }
  const kept = device?.state === 'memory-only' ? '' : ` · saved on this device${toSend(document)}`;
  if (connection.state === 'revoked') return { status: 'revoked', text: `Signed out${kept}` };
  if (connection.state === 'waiting') {
    return { status: 'waiting', text: `Waits for the server${kept}` };
  }
  if (connection.state === 'queued') return { status: 'waiting', text: inLine(connection) };
  if (connection.state === 'offline') return { status: 'offline', text: `Offline${kept}` };
  if (document.state === 'stored') return { status: 'stored', text: 'Stored' };
  // The device is still being read: nothing is known yet, so nothing is said.
  if (document.waiting === 0) return { status: 'local', text: '' };
  return { status: 'local', text: 'Saved on this device · sending' };
}

/** A place in the line of a server that is full, and how long it may take. */
export function inLine({
  position,
  wait,
}: {
  readonly position: number;
  /** Milliseconds, where it is known. */
  readonly wait?: number | undefined;
}): string {
  const place = `You are ${ordinal(position)} in line`;
  return wait === undefined ? place : `${place}, about ${roughly(wait)}`;
}

/** Seconds by tens, then minutes: what is only expected is not told to the second. */
function roughly(ms: number): string {
  const seconds = Math.max(10, Math.ceil(ms / 10_000) * 10);
  return seconds < 90 ? `${seconds} s` : `${Math.ceil(seconds / 60)} min`;
}

function ordinal(n: number): string {
  const tens = n % 100;
  if (tens >= 11 && tens <= 13) return `${n}th`;
  return `${n}${({ 1: 'st', 2: 'nd', 3: 'rd' } as const)[n % 10] ?? 'th'}`;
}

function toSend({ waiting }: DocumentStatus): string {
  if (waiting === 0) return '';
  return waiting === 1 ? ' · 1 change to send' : ` · ${waiting} changes to send`;
}
