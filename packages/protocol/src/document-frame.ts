import { type ErrorCode, WeftError, isErrorCode } from './errors.ts';
import type { FrameReader } from './frame-reader.ts';
import { AuthType, MessageType, SyncType } from './frame.ts';

/** What the server says at a document's address, as far as a client acts on it. */
export type DocumentFrame =
  | { readonly type: 'denied'; readonly code: ErrorCode }
  | { readonly type: 'authenticated'; readonly writer: boolean }
  /** What the server has. */
  | { readonly type: 'step1'; readonly stateVector: Uint8Array }
  /** What this client lacked when it asked. */
  | { readonly type: 'step2'; readonly update: Uint8Array }
  | { readonly type: 'update'; readonly update: Uint8Array }
  | { readonly type: 'awareness'; readonly update: Uint8Array }
  | { readonly type: 'query-awareness' }
  | { readonly type: 'close' }
  /** The stock provider's acks, questions for a token, free-form messages: ours are at `!weft`. */
  | { readonly type: 'other' };

/**
 * Reads what follows a document's address in a frame from the server.
 * @throws WeftError `frame-invalid` when it is cut short or of a type outside the protocol
 */
export function decodeDocumentFrame(reader: FrameReader): DocumentFrame {
  const type = reader.uint();
  switch (type) {
    case MessageType.Auth:
      return decodeAuth(reader);
    case MessageType.Sync:
    case MessageType.SyncReply:
      return decodeSync(reader);
    case MessageType.Awareness:
      return { type: 'awareness', update: reader.bytes() };
    case MessageType.QueryAwareness:
      return { type: 'query-awareness' };
    case MessageType.Close:
      return { type: 'close' };
    case MessageType.Stateless:
    case MessageType.SyncStatus:
    case MessageType.Ping:
    case MessageType.Pong:
      return { type: 'other' };
    default:
      throw new WeftError('frame-invalid', `Type ${type} is not known.`);
  }
}

function decodeAuth(reader: FrameReader): DocumentFrame {
  const type = reader.uint();
  switch (type) {
    case AuthType.Token:
      return { type: 'other' };
    case AuthType.PermissionDenied: {
      const reason = reader.string();
      return { type: 'denied', code: isErrorCode(reason) ? reason : 'forbidden' };
    }
    case AuthType.Authenticated:
      // Anything but the word for writing is taken as reading: a wrong guess then loses nothing.
      return { type: 'authenticated', writer: reader.string() === 'read-write' };
    default:
      throw new WeftError('frame-invalid', `Authentication type ${type} is not known.`);
  }
}

function decodeSync(reader: FrameReader): DocumentFrame {
  const type = reader.uint();
  const bytes = reader.bytes();
  switch (type) {
    case SyncType.Step1:
      return { type: 'step1', stateVector: bytes };
    case SyncType.Step2:
      return { type: 'step2', update: bytes };
    case SyncType.Update:
      return { type: 'update', update: bytes };
    default:
      throw new WeftError('frame-invalid', `Sync type ${type} is not known.`);
  }
}
