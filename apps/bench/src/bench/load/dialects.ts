import {
  FrameReader,
  MessageType,
  PROTOCOL_VERSION,
  SyncType,
  WEFT_ADDRESS,
  decodeDocumentFrame,
  decodeDown,
  encodeAuth,
  encodeAwareness,
  encodeSyncStep1,
  encodeSyncUpdate,
  encodeWeft,
  encodeWrite,
} from '@weft/protocol';
import * as encoding from 'lib0/encoding';
import type { Kind } from '../kinds.ts';

/** What a frame from a server is, as far as a load generator cares. */
export type Incoming =
  /** Part of the document. */
  | { readonly kind: 'update'; readonly bytes: Uint8Array }
  /** All that this client lacked when it asked. */
  | { readonly kind: 'step2'; readonly bytes: Uint8Array }
  /** What clients show of themselves. */
  | { readonly kind: 'awareness'; readonly bytes: Uint8Array }
  /** The server asks what it lacks itself. */
  | { readonly kind: 'step1'; readonly stateVector: Uint8Array }
  /** The oldest unanswered write, or every write up to number `through`, was answered. */
  | { readonly kind: 'acked'; readonly through: number | undefined }
  | { readonly kind: 'denied'; readonly reason: string }
  | { readonly kind: 'other' };

/** How a server is spoken to. */
export interface Dialect {
  /** Whether writes are answered. */
  readonly acks: boolean;
  /** Whether it holds documents, and answers a state vector. */
  readonly syncs: boolean;
  path(document: string): string;
  /** The frames that open a document on a fresh socket. */
  opening(document: string, token: string, stateVector: Uint8Array): readonly Uint8Array[];
  /** @param n number of this write on its socket, from 1 */
  write(document: string, update: Uint8Array, n: number): Uint8Array;
  /** The answer to the server's state vector. */
  answer(document: string, update: Uint8Array, n: number): Uint8Array;
  awareness(document: string, update: Uint8Array): Uint8Array;
  read(frame: Uint8Array): Incoming;
}

const OTHER: Incoming = { kind: 'other' };

function readDocumentFrame(reader: FrameReader): Incoming {
  const frame = decodeDocumentFrame(reader);
  switch (frame.type) {
    case 'update':
    case 'step2':
      return { kind: frame.type, bytes: frame.update };
    case 'step1':
      return { kind: 'step1', stateVector: frame.stateVector };
    case 'denied':
      return { kind: 'denied', reason: frame.code };
    case 'close':
      return { kind: 'denied', reason: 'the document was closed' };
    case 'awareness':
      return { kind: 'awareness', bytes: frame.update };
    case 'authenticated':
    case 'query-awareness':
    case 'other':
      return OTHER;
    default: {
      const unreachable: never = frame;
      return unreachable;
    }
  }
}

const weft: Dialect = {
  acks: true,
  syncs: true,
  path: () => '/sync',
  opening: (document, token, stateVector) => [
    encodeWeft({
      type: 'hello',
      protocol: PROTOCOL_VERSION,
      token,
      device: 'bench',
      build: 'bench',
    }),
    encodeAuth(document, ''),
    encodeSyncStep1(document, stateVector),
  ],
  write: (document, update, n) => encodeWrite(document, SyncType.Update, update, n),
  answer: (document, update, n) => encodeWrite(document, SyncType.Step2, update, n),
  awareness: encodeAwareness,
  read: (frame) => {
    if (frame.length === 1) return OTHER;
    const reader = new FrameReader(frame);
    if (reader.string() !== WEFT_ADDRESS) return readDocumentFrame(reader);
    const message = decodeDown(reader.decoder);
    switch (message.type) {
      case 'stored':
        return { kind: 'acked', through: message.n };
      case 'refused':
      case 'bye':
        return { kind: 'denied', reason: `${message.type}: ${message.code}` };
      default:
        return OTHER;
    }
  },
};

const hocuspocus: Dialect = {
  acks: true,
  syncs: true,
  path: () => '/',
  opening: (document, _token, stateVector) => [
    encodeAuth(document, 'bench'),
    encodeSyncStep1(document, stateVector),
  ],
  write: (document, update) => encodeSyncUpdate(document, SyncType.Update, update),
  answer: (document, update) => encodeSyncUpdate(document, SyncType.Step2, update),
  awareness: encodeAwareness,
  read: (frame) => {
    if (frame.length === 1) return OTHER;
    const reader = new FrameReader(frame);
    reader.string();
    const { pos } = reader.decoder;
    if (frame[pos] !== MessageType.SyncStatus) return readDocumentFrame(reader);
    return frame[pos + 1] === 1
      ? { kind: 'acked', through: undefined }
      : { kind: 'denied', reason: 'a write was not taken' };
  },
};

/** y-websocket: the document is in the address of the socket, and frames begin with their type. */
function bareSync(type: number, bytes: Uint8Array): Uint8Array {
  const encoder = encoding.createEncoder();
  encoding.writeVarUint(encoder, MessageType.Sync);
  encoding.writeVarUint(encoder, type);
  encoding.writeVarUint8Array(encoder, bytes);
  return encoding.toUint8Array(encoder);
}

const yWebsocket: Dialect = {
  acks: false,
  syncs: true,
  path: (document) => `/${document}`,
  opening: (_document, _token, stateVector) => [bareSync(SyncType.Step1, stateVector)],
  write: (_document, update) => bareSync(SyncType.Update, update),
  answer: (_document, update) => bareSync(SyncType.Step2, update),
  awareness: (_document, update) => {
    const encoder = encoding.createEncoder();
    encoding.writeVarUint(encoder, MessageType.Awareness);
    encoding.writeVarUint8Array(encoder, update);
    return encoding.toUint8Array(encoder);
  },
  read: (frame) => readDocumentFrame(new FrameReader(frame)),
};

const relay: Dialect = {
  ...yWebsocket,
  syncs: false,
  opening: () => [],
};

export const DIALECTS: Readonly<Record<Kind, Dialect>> = {
  weft,
  hocuspocus,
  'y-websocket': yWebsocket,
  relay,
};
