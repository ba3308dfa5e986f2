import * as encoding from 'lib0/encoding';
import type { ErrorCode } from './errors.ts';
import { FRAME_MAX_BYTES } from './limits.ts';
import type { Down, Up } from './messages/index.ts';
import { WEFT_ADDRESS } from './names.ts';

/**
 * Frames of the socket. All are `varString address, …`. At a document's address Hocuspocus's framing follows
 * (`varUint type, …`); at `!weft` one `varString` of JSON (`decode-message.ts`).
 */

/** Hocuspocus's message types (its `MessageType`). */
export const MessageType = {
  Sync: 0,
  Awareness: 1,
  Auth: 2,
  QueryAwareness: 3,
  SyncReply: 4,
  Stateless: 5,
  BroadcastStateless: 6,
  Close: 7,
  SyncStatus: 8,
  Ping: 9,
  Pong: 10,
} as const;

/** y-protocols' sync message types. */
export const SyncType = { Step1: 0, Step2: 1, Update: 2 } as const;

/** Hocuspocus's authentication message types (its `AuthMessageType`). */
export const AuthType = { Token: 0, PermissionDenied: 1, Authenticated: 2 } as const;

/** One of our own messages as a frame. */
export function encodeWeft(message: Up | Down): Uint8Array<ArrayBuffer> {
  const encoder = encoding.createEncoder();
  encoding.writeVarString(encoder, WEFT_ADDRESS);
  encoding.writeVarString(encoder, JSON.stringify(message));
  return encoding.toUint8Array(encoder);
}

/** `varString address, Sync, Step1, state vector`. */
export function encodeSyncStep1(address: string, stateVector: Uint8Array): Uint8Array<ArrayBuffer> {
  return encodeSync(address, SyncType.Step1, stateVector);
}

/**
 * A write: `Sync, Step2 | Update, bytes, varUint n`. Readers of the stock framing stop after the bytes; our
 * server reads the number and answers `stored` or `refused` for it. Where the frame would be larger than an Update may be
 * it goes as a Step2, which says the same and may be.
 * @param trace the trace that it belongs to (`traceParentSchema`), behind the number
 */
export function encodeWrite(
  address: string,
  type: typeof SyncType.Step2 | typeof SyncType.Update,
  update: Uint8Array,
  n: number,
  trace?: string,
): Uint8Array<ArrayBuffer> {
  const large = update.length > FRAME_MAX_BYTES - HEAD_MAX_BYTES;
  return encodeSync(address, large ? SyncType.Step2 : type, update, n, trace);
}

/** Bytes of a write beside its update: an address, types, lengths, a number. */
const HEAD_MAX_BYTES = 1024;

/** A server's update, whole or not: `Sync, Step2 | Update, bytes`. */
export function encodeSyncUpdate(
  address: string,
  type: typeof SyncType.Step2 | typeof SyncType.Update,
  update: Uint8Array,
): Uint8Array<ArrayBuffer> {
  return encodeSync(address, type, update);
}

function encodeSync(
  address: string,
  type: number,
  bytes: Uint8Array,
  n?: number,
  trace?: string,
): Uint8Array<ArrayBuffer> {
  const encoder = encoding.createEncoder();
  encoding.writeVarString(encoder, address);
  encoding.writeVarUint(encoder, MessageType.Sync);
  encoding.writeVarUint(encoder, type);
  encoding.writeVarUint8Array(encoder, bytes);
  if (n !== undefined) encoding.writeVarUint(encoder, n);
  if (trace !== undefined) encoding.writeVarString(encoder, trace);
  return encoding.toUint8Array(encoder);
}

/** `varString address, Awareness, bytes` (y-protocols' awareness update). */
export function encodeAwareness(address: string, update: Uint8Array): Uint8Array<ArrayBuffer> {
  const encoder = encoding.createEncoder();
  encoding.writeVarString(encoder, address);
  encoding.writeVarUint(encoder, MessageType.Awareness);
  encoding.writeVarUint8Array(encoder, update);
  return encoding.toUint8Array(encoder);
}

/** `varString address, Auth, Token, token`: opens a document on this socket. Our client sends an empty token after its hello. */
export function encodeAuth(address: string, token: string): Uint8Array<ArrayBuffer> {
  const encoder = encoding.createEncoder();
  encoding.writeVarString(encoder, address);
  encoding.writeVarUint(encoder, MessageType.Auth);
  encoding.writeVarUint(encoder, AuthType.Token);
  encoding.writeVarString(encoder, token);
  return encoding.toUint8Array(encoder);
}

/** `varString address, type`: a message without content (`QueryAwareness`, `Close`, `Ping`, `Pong`). */
export function encodeBare(address: string, type: number): Uint8Array<ArrayBuffer> {
  const encoder = encoding.createEncoder();
  encoding.writeVarString(encoder, address);
  encoding.writeVarUint(encoder, type);
  return encoding.toUint8Array(encoder);
}

/** `varString address, SyncStatus, varUint 0 | 1`: the stock provider's ack of one write. */
export function encodeSyncStatus(address: string, stored: boolean): Uint8Array<ArrayBuffer> {
  const encoder = encoding.createEncoder();
  encoding.writeVarString(encoder, address);
  encoding.writeVarUint(encoder, MessageType.SyncStatus);
  encoding.writeVarUint(encoder, stored ? 1 : 0);
  return encoding.toUint8Array(encoder);
}

/** `varString address, Auth, PermissionDenied, code`: a document stays closed to this socket. */
export function encodePermissionDenied(address: string, code: ErrorCode): Uint8Array {
  const encoder = encoding.createEncoder();
  encoding.writeVarString(encoder, address);
  encoding.writeVarUint(encoder, MessageType.Auth);
  encoding.writeVarUint(encoder, AuthType.PermissionDenied);
  encoding.writeVarString(encoder, code);
  return encoding.toUint8Array(encoder);
}
