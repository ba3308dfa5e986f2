import { MessageType } from '@weft/protocol';

/** Whether a frame of ours says where people are: its address is skipped, not read. */
export function isAwareness(frame: Uint8Array): boolean {
  let at = 0;
  let length = 0;
  for (let shift = 0; shift < 28; shift += 7) {
    const byte = frame[at] ?? 0;
    at += 1;
    length |= (byte & 0x7f) << shift;
    if (byte < 0x80) break;
  }
  return frame[at + length] === MessageType.Awareness;
}
