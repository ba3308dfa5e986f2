/** Bytes that a frame may have here: its length fits into two bytes. */
export const FRAMED_MAX_BYTES = 0xffff;

/** FIN and the opcode of a binary message. */
const FINAL_BINARY = 0x82;

/** Lengths from here on stand in two bytes behind this one (RFC 6455, 5.2). */
const TWO_BYTE_LENGTH = 126;

/** Lengths that do not fit into two bytes stand in eight behind this one. */
const EIGHT_BYTE_LENGTH = 127;

/**
 * A binary message as a server sends it: one frame, not masked (RFC 6455, 5.1 and 5.2), in one buffer.
 * @param payload at most `FRAMED_MAX_BYTES`
 * @throws RangeError for more
 */
export function frameMessage(payload: Uint8Array): Buffer {
  const { length } = payload;
  if (length > FRAMED_MAX_BYTES) throw new RangeError(`${length} bytes are no short message.`);
  const start = length < TWO_BYTE_LENGTH ? 2 : 4;
  const frame = Buffer.allocUnsafe(start + length);
  frame[0] = FINAL_BINARY;
  if (start === 2) {
    frame[1] = length;
  } else {
    frame[1] = TWO_BYTE_LENGTH;
    frame.writeUInt16BE(length, 2);
  }
  frame.set(payload, start);
  return frame;
}

/**
 * The beginning of a binary message whose payload is written behind it: the WebSocket's own head, then `head`.
 * @param payload bytes that follow
 */
export function frameHead(head: Uint8Array, payload: number): Buffer {
  const length = head.length + payload;
  const start = length < TWO_BYTE_LENGTH ? 2 : length <= FRAMED_MAX_BYTES ? 4 : 10;
  const frame = Buffer.allocUnsafe(start + head.length);
  frame[0] = FINAL_BINARY;
  if (start === 2) {
    frame[1] = length;
  } else if (start === 4) {
    frame[1] = TWO_BYTE_LENGTH;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = EIGHT_BYTE_LENGTH;
    frame.writeBigUInt64BE(BigInt(length), 2);
  }
  frame.set(head, start);
  return frame;
}
