import { type Down, encodeWeft } from '@weft/protocol';

/** The message that was encoded last. */
let encoded: { readonly message: Down; readonly frame: Uint8Array<ArrayBuffer> } | undefined;

/**
 * One of our own messages as a frame, which must not change. What many sockets are told one after the other is encoded
 * once: the head of a conversation goes to each of its members with each message.
 */
export function downFrame(message: Down): Uint8Array<ArrayBuffer> {
  if (encoded?.message !== message) encoded = { message, frame: encodeWeft(message) };
  return encoded.frame;
}
