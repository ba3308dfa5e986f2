import * as decoding from 'lib0/decoding';
import { WeftError } from './errors.ts';

/**
 * Reads a frame's fields. Every failure is a `frame-invalid`, so that a caller can tell a bad frame from an error of
 * its own without looking at the text of lib0's errors.
 */
export class FrameReader {
  readonly decoder: decoding.Decoder;

  constructor(frame: Uint8Array) {
    this.decoder = decoding.createDecoder(frame);
  }

  string(): string {
    return this.#read(decoding.readVarString);
  }

  uint(): number {
    return this.#read(decoding.readVarUint);
  }

  /** Bytes with their length before them; a view into the frame. */
  bytes(): Uint8Array {
    return this.#read(decoding.readVarUint8Array);
  }

  /** Whether anything is left to read. */
  get more(): boolean {
    return decoding.hasContent(this.decoder);
  }

  #read<T>(read: (decoder: decoding.Decoder) => T): T {
    try {
      return read(this.decoder);
    } catch (cause) {
      throw new WeftError('frame-invalid', 'It ends too early, or holds what it must not.', {
        cause,
      });
    }
  }
}
