import * as encoding from 'lib0/encoding';
import { SEGMENT_SIZE } from './limits.ts';
import { type Message, SEGMENT_ROOT } from './message.ts';

/**
 * The segment writer. A segment is a Yjs document that only the server writes: its bytes are a pure function of
 * the conversation's events, so that a repair and a second node write the same bytes. One fixed client id per
 * epoch and one struct per event make them so; the struct is written straight in Yjs's update format (v1), since a
 * `Y.Doc` would cost O(segment) to load for each message.
 */

/** The segment that holds a sequence (1-based). */
export function segmentOf(sequence: number): number {
  return Math.floor((sequence - 1) / SEGMENT_SIZE);
}

/** The client id under which the server writes in an epoch. Random Yjs ids are 32-bit: these are the smallest. */
export function segmentClient(epoch: number): number {
  return epoch;
}

const CONTENT_ANY = 8;
const HAS_PARENT_SUB = 0x20;

/**
 * The update that sets `messages[sequence] = message`, as the struct number `clock` of the segment.
 * @param clock how many structs the segment holds already under this client id
 */
export function encodeSegmentUpdate(epoch: number, clock: number, message: Message): Uint8Array {
  const encoder = encoding.createEncoder();
  encoding.writeVarUint(encoder, 1); // one client
  encoding.writeVarUint(encoder, 1); // with one struct
  encoding.writeVarUint(encoder, segmentClient(epoch));
  encoding.writeVarUint(encoder, clock);
  encoding.writeUint8(encoder, CONTENT_ANY | HAS_PARENT_SUB);
  encoding.writeVarUint(encoder, 1); // the parent is a root type, by name
  encoding.writeVarString(encoder, SEGMENT_ROOT);
  encoding.writeVarString(encoder, String(message.sequence));
  encoding.writeVarUint(encoder, 1); // one value
  // Yjs never writes `undefined` fields that JSON would drop; going through JSON keeps both nodes' bytes equal.
  // oxlint-disable-next-line typescript/no-unsafe-argument -- any value of JSON can be written
  encoding.writeAny(encoder, JSON.parse(JSON.stringify(message)));
  encoding.writeVarUint(encoder, 0); // no deletes
  return encoding.toUint8Array(encoder);
}
