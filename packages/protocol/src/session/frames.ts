import * as encoding from 'lib0/encoding';
import { WeftError } from '../errors.ts';
import { FrameReader } from '../frame-reader.ts';

/** What a WebSocket of the subprotocol `weft.1` carries (SPEC.md, "Sessions"). */
export type SessionFrame =
  /** Client: a session is to begin. */
  | { readonly type: 'open' }
  /**
   * Client: a session is to go on. `secret` is the single-use token of the session, `received` the last sequence that
   * arrived, `token` the sign-in: it names the person anew.
   */
  | {
      readonly type: 'resume';
      readonly secret: string;
      readonly received: number;
      readonly token: string;
    }
  /** Server: a session has begun; `secret` resumes it. */
  | { readonly type: 'opened'; readonly secret: string }
  /** Server: it goes on. What it lacks follows, and `secret` takes the place of the one that was spent. */
  | { readonly type: 'resumed'; readonly secret: string; readonly received: number }
  /** Server: it does not; another may be opened on this socket. */
  | { readonly type: 'refused'; readonly code: string }
  | DataFrame
  | { readonly type: 'ack' | 'ping' | 'pong'; readonly received: number };

/** A message, or a part of one. `received` acknowledges everything of the other side up to that sequence. */
export interface DataFrame extends Part {
  readonly type: 'data';
  readonly sequence: number;
  readonly received: number;
}

/** Channel 0 holds whole messages; the parts of one message share another, and `last` completes it. */
export interface Part {
  readonly channel: number;
  readonly last: boolean;
  readonly payload: Uint8Array;
}

const Kind = {
  Open: 0,
  Resume: 1,
  Opened: 2,
  Resumed: 3,
  Refused: 4,
  Message: 5,
  Part: 6,
  LastPart: 7,
  Ack: 8,
  Ping: 9,
  Pong: 10,
} as const;

/** Everything of a data frame before its payload. */
export function encodeDataHead(
  part: Pick<Part, 'channel' | 'last'>,
  sequence: number,
  received: number,
): Uint8Array<ArrayBuffer> {
  const encoder = encoding.createEncoder();
  if (part.channel === 0) encoding.writeUint8(encoder, Kind.Message);
  else encoding.writeUint8(encoder, part.last ? Kind.LastPart : Kind.Part);
  encoding.writeVarUint(encoder, sequence);
  encoding.writeVarUint(encoder, received);
  if (part.channel !== 0) encoding.writeVarUint(encoder, part.channel);
  return encoding.toUint8Array(encoder);
}

/** A frame that carries no message. */
export function encodeSessionFrame(
  frame: Exclude<SessionFrame, DataFrame>,
): Uint8Array<ArrayBuffer> {
  const encoder = encoding.createEncoder();
  switch (frame.type) {
    case 'open':
      encoding.writeUint8(encoder, Kind.Open);
      break;
    case 'resume':
      encoding.writeUint8(encoder, Kind.Resume);
      encoding.writeVarString(encoder, frame.secret);
      encoding.writeVarUint(encoder, frame.received);
      encoding.writeVarString(encoder, frame.token);
      break;
    case 'opened':
      encoding.writeUint8(encoder, Kind.Opened);
      encoding.writeVarString(encoder, frame.secret);
      break;
    case 'resumed':
      encoding.writeUint8(encoder, Kind.Resumed);
      encoding.writeVarString(encoder, frame.secret);
      encoding.writeVarUint(encoder, frame.received);
      break;
    case 'refused':
      encoding.writeUint8(encoder, Kind.Refused);
      encoding.writeVarString(encoder, frame.code);
      break;
    case 'ack':
    case 'ping':
    case 'pong':
      encoding.writeUint8(encoder, SIGN[frame.type]);
      encoding.writeVarUint(encoder, frame.received);
      break;
    default: {
      const unreachable: never = frame;
      return unreachable;
    }
  }
  return encoding.toUint8Array(encoder);
}

const SIGN = { ack: Kind.Ack, ping: Kind.Ping, pong: Kind.Pong } as const;

/**
 * Reads a frame; the payload is a view into it.
 * @throws WeftError `frame-invalid`
 */
export function decodeSessionFrame(bytes: Uint8Array): SessionFrame {
  const reader = new FrameReader(bytes);
  const kind = reader.uint();
  switch (kind) {
    case Kind.Message:
    case Kind.Part:
    case Kind.LastPart: {
      const sequence = reader.uint();
      const received = reader.uint();
      const channel = kind === Kind.Message ? 0 : reader.uint();
      if (kind !== Kind.Message && channel === 0) throw new WeftError('frame-invalid');
      const payload = bytes.subarray(reader.decoder.pos);
      return { type: 'data', sequence, received, channel, last: kind !== Kind.Part, payload };
    }
    case Kind.Ack:
      return { type: 'ack', received: reader.uint() };
    case Kind.Ping:
      return { type: 'ping', received: reader.uint() };
    case Kind.Pong:
      return { type: 'pong', received: reader.uint() };
    case Kind.Open:
      return { type: 'open' };
    case Kind.Resume:
      return {
        type: 'resume',
        secret: reader.string(),
        received: reader.uint(),
        token: reader.string(),
      };
    case Kind.Opened:
      return { type: 'opened', secret: reader.string() };
    case Kind.Resumed:
      return { type: 'resumed', secret: reader.string(), received: reader.uint() };
    case Kind.Refused:
      return { type: 'refused', code: reader.string() };
    default:
      throw new WeftError('frame-invalid', `Session frame ${kind} is not known.`);
  }
}
