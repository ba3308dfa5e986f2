/**
 * Every error that crosses the wire: its code, whether the same request may succeed later, the WebSocket close
 * code where it ends the socket, and what it says to a person. Nobody matches on the text.
 */
export interface ErrorDefinition {
  /** `later`: the same request may succeed; `never`: it will not, whatever the client does. */
  readonly retry: 'later' | 'never';
  /** Close code (RFC 6455, 4000–4999 private) when the error ends the socket. */
  readonly close?: number;
  /** One sentence for a person. */
  readonly message: string;
}

export const ERRORS = {
  'token-required': { retry: 'never', close: 4401, message: 'Sign in first.' },
  // Not the client's fault where either side was slow: it must come back, and it has a token.
  'sign-in-late': { retry: 'later', close: 4408, message: 'The sign-in took too long.' },
  'token-invalid': { retry: 'never', close: 4401, message: 'This sign-in is not valid here.' },
  'token-expired': { retry: 'later', close: 4401, message: 'This sign-in has expired.' },
  // A key server that does not answer says nothing about the token: nobody is signed out by it.
  'sign-in-unavailable': {
    retry: 'later',
    close: 4503,
    message: 'Sign-ins cannot be checked just now.',
  },
  revoked: { retry: 'never', close: 4403, message: 'This sign-in was taken back.' },
  'rights-unavailable': { retry: 'later', message: 'Who may do this cannot be asked just now.' },
  'other-person': {
    retry: 'never',
    close: 4403,
    message: 'One connection belongs to one person; open another for this sign-in.',
  },
  forbidden: { retry: 'never', message: 'You have no access to this.' },
  'read-only': { retry: 'never', message: 'You may read this, but not change it.' },
  'name-invalid': { retry: 'never', message: 'This name is outside the grammar of names.' },
  'frame-invalid': { retry: 'never', close: 4400, message: 'A frame could not be read.' },
  'session-gap': {
    retry: 'later',
    close: 4410,
    message: 'Something was lost on the way; the connection begins anew.',
  },
  'session-over': {
    retry: 'later',
    close: 4410,
    message: 'The connection cannot go on where it stopped; it begins anew.',
  },
  'server-full': {
    retry: 'later',
    close: 1013,
    message: 'The server is full, and so is the line before it.',
  },
  'too-many-connections': {
    retry: 'later',
    close: 4429,
    message: 'There are too many connections of this person, or from this address.',
  },
  idle: {
    retry: 'later',
    close: 4412,
    message: 'Nothing was open on this connection for a while.',
  },
  'document-full': { retry: 'later', message: 'Too many have this open; it is tried again.' },
  'too-many-documents': {
    retry: 'later',
    message: 'Too many are open on this connection; it is tried again.',
  },
  'frame-too-large': { retry: 'never', close: 1009, message: 'A frame is larger than it may be.' },
  'protocol-unsupported': {
    retry: 'never',
    close: 4426,
    message: 'This version of the app is too old for the server.',
  },
  // A release reaches the nodes of a server one after the other: it is there soon.
  'server-outdated': {
    retry: 'later',
    close: 4426,
    message: 'The server is older than this version of the app.',
  },
  'update-invalid': { retry: 'never', message: 'This change could not be read.' },
  'update-gap': {
    retry: 'later',
    message: 'This change builds on one that the server does not have.',
  },
  'update-too-large': {
    retry: 'never',
    message: 'This change is larger than one change may be.',
  },
  'document-too-large': { retry: 'never', message: 'This document has reached its largest size.' },
  'clock-jump': { retry: 'never', message: 'This change claims to be longer than it is.' },
  'nesting-too-deep': { retry: 'never', message: 'This change is nested too deeply.' },
  'key-forbidden': { retry: 'never', message: 'This change uses a name that is not allowed.' },
  'type-forbidden': { retry: 'never', message: 'This kind of document cannot hold this.' },
  'neighbours-forged': {
    retry: 'never',
    message: 'This change does not fit where it wants to be.',
  },
  diverged: {
    retry: 'later',
    message: 'This copy reads differently from the server’s, and fetching it again did not help.',
  },
  'client-id-taken': {
    retry: 'never',
    message: 'This change was made under an id that belongs to somebody else.',
  },
  'command-id-reused': {
    retry: 'never',
    message: 'Another message was already sent under this id.',
  },
  'command-unknown': { retry: 'never', message: 'The server does not know this kind of command.' },
  'message-empty': { retry: 'never', message: 'A message needs a text.' },
  'message-too-long': { retry: 'never', message: 'This message is too long.' },
  'message-unprintable': {
    retry: 'never',
    message: 'This message holds characters that cannot be shown.',
  },
  'link-forbidden': { retry: 'never', message: 'This kind of link is not allowed.' },
  'too-many-files': { retry: 'never', message: 'A message carries at most ten files.' },
  'file-invalid': { retry: 'never', message: 'The name or kind of this file is not allowed.' },
  'file-too-large': { retry: 'never', message: 'This file is larger than the server takes.' },
  'file-mismatch': { retry: 'never', message: 'This file is not what it is said to be.' },
  // The same request alone will not succeed: whoever has the file brings it, and then may say the same again.
  'file-missing': { retry: 'never', message: 'The server does not have this file yet.' },
  'file-lost': { retry: 'never', message: 'This file is on this device no more: attach it again.' },
  'file-quota': {
    retry: 'never',
    message: 'These are more files than one person may send in a day.',
  },
  // As of a quota: whoever waited for room would hold back all that they say after it.
  'files-full': { retry: 'never', message: 'The server has no room for more files just now.' },
  'files-off': { retry: 'never', message: 'This server takes no files.' },
  'message-unknown': { retry: 'never', message: 'The message that this is about is not there.' },
  'message-deleted': { retry: 'never', message: 'The message that this is about was deleted.' },
  'not-author': { retry: 'never', message: 'Only who wrote a message may change it.' },
  'not-begun': {
    retry: 'never',
    message: 'This conversation has not begun: its first entry says between whom it is.',
  },
  'membership-fixed': {
    retry: 'never',
    message: 'Who is in this conversation follows from where it belongs.',
  },
  'membership-unchanged': { retry: 'never', message: 'That is so already.' },
  'thread-unknown': {
    retry: 'never',
    message: 'No such thread is listed here.',
  },
  'too-many-threads': {
    retry: 'never',
    message: 'This document lists as many threads as it can hold.',
  },
  'too-many-reactions': { retry: 'never', message: 'These are too many reactions to one message.' },
  'too-fast': {
    retry: 'later',
    message: 'This was too much at once; it is sent again in a moment.',
  },
  'out-of-turn': {
    retry: 'later',
    message: 'An earlier message of this device has to be stored first.',
  },
  'version-unknown': {
    retry: 'never',
    message: 'This was written by a newer version of the app than the server knows.',
  },
  'storage-failed': { retry: 'later', message: 'The server could not store this just now.' },
  'shutting-down': { retry: 'later', close: 1012, message: 'The server is restarting.' },
  internal: { retry: 'later', close: 1011, message: 'The server met an error.' },
  'device-failed': { retry: 'later', message: 'This device could not keep or read this.' },
  'record-damaged': { retry: 'never', message: 'A part of this was damaged on this device.' },
  'not-stored': { retry: 'later', message: 'The server does not have all of this yet.' },
  'document-open': { retry: 'later', message: 'This is open; close it first.' },
  'rights-elsewhere': {
    retry: 'never',
    message: 'Your rights are not given here: your sign-in, or the application, decides.',
  },
  'last-owner': { retry: 'never', message: 'Somebody else has to own this first.' },
  'invite-unknown': { retry: 'never', message: 'This invitation is not good any more.' },
  'guests-off': { retry: 'never', message: 'This server takes no guests.' },
  'guest-unknown': { retry: 'never', message: 'This guest secret is not known here.' },
  'query-empty': { retry: 'never', message: 'There is no word to search for.' },
  'query-too-long': { retry: 'never', message: 'This is too much to search for.' },
  'request-invalid': { retry: 'never', message: 'The request could not be read.' },
  'request-too-large': { retry: 'never', message: 'The request is larger than it may be.' },
  'not-found': { retry: 'never', message: 'There is nothing here.' },
  'method-not-allowed': { retry: 'never', message: 'This address does not take that method.' },
} as const satisfies Record<string, ErrorDefinition>;

export type ErrorCode = keyof typeof ERRORS;

/** Whether a code read from the wire is one of ours; an unknown one is treated as `internal`. */
export function isErrorCode(value: string): value is ErrorCode {
  return Object.hasOwn(ERRORS, value);
}

/** The definition behind a code, widened so that every field can be asked for. */
export function errorDefinition(code: ErrorCode): ErrorDefinition {
  return ERRORS[code];
}

/** An error with a code from the table: what our functions throw and reject with. */
export class WeftError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, detail?: string, options?: ErrorOptions) {
    const { message } = errorDefinition(code);
    super(detail === undefined ? message : `${message} ${detail}`, options);
    this.name = 'WeftError';
    this.code = code;
  }
}
