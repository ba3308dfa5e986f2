import { WeftError } from '../errors.ts';
import { SYNC_FRAME_MAX_BYTES } from '../limits.ts';
import type { Part } from './frames.ts';
import { CHANNELS_MAX, PART_BYTES } from './limits.ts';

/**
 * A message as it leaves: whole on channel 0, or in parts on a channel of its own. Parts are views of the message.
 * @param channel free for a message in parts
 */
export function partsOf(message: Uint8Array, channel: number): readonly Part[] {
  if (message.length <= PART_BYTES) return [{ channel: 0, last: true, payload: message }];
  const parts: Part[] = [];
  for (let from = 0; from < message.length; from += PART_BYTES) {
    const payload = message.subarray(from, from + PART_BYTES);
    parts.push({ channel, last: from + PART_BYTES >= message.length, payload });
  }
  return parts;
}

/** Frames that a message leaves in. */
export function partCount({ length }: Uint8Array): number {
  return Math.max(1, Math.ceil(length / PART_BYTES));
}

/** Messages that arrive in parts. What one side can make the other hold is bounded over all channels together. */
export class Assembly {
  readonly #open = new Map<number, Uint8Array[]>();
  readonly #limit: number;
  #bytes = 0;

  /**
   * @param limit bytes of messages that are not complete: as much as the largest message may have. What each kind may
   *   have is for whoever reads the message to say.
   */
  constructor(limit = SYNC_FRAME_MAX_BYTES) {
    this.#limit = limit;
  }

  /** Bytes of messages that are not complete. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Takes a part in; returns the message that it completes.
   * @throws WeftError `frame-invalid` when a part is too long, or too much is open
   */
  take(part: Part): Uint8Array | undefined {
    const { channel, last, payload } = part;
    if (payload.length > PART_BYTES) throw new WeftError('frame-invalid', 'A part is too long.');
    if (channel === 0) return payload;
    this.#bytes += payload.length;
    if (this.#bytes > this.#limit) throw new WeftError('frame-invalid', 'A message is too long.');
    const parts = this.#open.get(channel) ?? [];
    parts.push(payload);
    if (!last) {
      if (parts.length === 1 && this.#open.size >= CHANNELS_MAX) {
        throw new WeftError('frame-invalid', 'Too many messages in parts at a time.');
      }
      this.#open.set(channel, parts);
      return undefined;
    }
    this.#open.delete(channel);
    const message = joined(parts);
    this.#bytes -= message.length;
    return message;
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
