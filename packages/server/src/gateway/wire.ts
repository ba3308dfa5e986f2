import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import type { Transport } from './transport.ts';
import { afterTurn } from './turn.ts';
import { frameHead, frameMessage } from './ws-frame.ts';

/** Bytes from which a frame is not held back: it fills the kernel's buffers by itself. */
const LARGE_BYTES = 16 * 1024;

/** The last small message that was framed: a broadcast hands the same bytes to one socket after the other. */
let framed: { readonly data: ArrayBufferView; readonly frame: Buffer } | undefined;

function frameOf(data: ArrayBufferView): Buffer {
  if (framed?.data === data) return framed.frame;
  const frame = frameMessage(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  framed = { data, frame };
  return frame;
}

/**
 * A `ws` socket as the engine and our own code write to it. What one turn has for one socket leaves in one write, and
 * a broadcast is framed once: a write to the kernel, and what `ws` does for each frame, cost more than all the rest of a
 * delivery. Messages are not compressed, so `ws` itself holds nothing back, and the two may write side by side.
 */
export class Wire implements Transport {
  readonly #ws: WebSocket;
  readonly #stream: Duplex;
  /** Framed messages of this turn. */
  #held: Uint8Array[] = [];

  /** @param stream what carries the WebSocket */
  constructor(ws: WebSocket, stream: Duplex) {
    this.#ws = ws;
    this.#stream = stream;
  }

  /** RFC 6455 ready state, as the engine asks for it. */
  get readyState(): number {
    return this.#ws.readyState;
  }

  /**
   * Sends a message, which must not change afterwards; on a socket that is closing it does nothing, as its `close`
   * event says so already.
   */
  send(data: string | ArrayBufferLike | Blob | ArrayBufferView): void {
    if (this.#ws.readyState !== this.#ws.OPEN) return;
    if (!ArrayBuffer.isView(data)) throw new TypeError('Frames are bytes.');
    if (data.byteLength >= LARGE_BYTES) {
      this.flush();
      this.#ws.send(data);
      return;
    }
    if (this.#held.length === 0) afterTurn(this);
    this.#held.push(frameOf(data));
  }

  /** Sends two pieces as one message; the payload must not change afterwards. */
  sendJoined(head: Uint8Array, payload: Uint8Array): void {
    if (this.#ws.readyState !== this.#ws.OPEN) return;
    const begin = frameHead(head, payload.length);
    if (payload.length >= LARGE_BYTES) {
      this.flush();
      this.#stream.write(begin);
      this.#stream.write(payload);
      return;
    }
    if (this.#held.length === 0) afterTurn(this);
    this.#held.push(begin, payload);
  }

  /** Resolves when the kernel has taken all that was sent, or never will. */
  drained(): Promise<void> {
    this.flush();
    const stream = this.#stream;
    if (!stream.writableNeedDrain || stream.closed) return Promise.resolve();
    return new Promise((resolve) => {
      const end = () => {
        stream.off('drain', end);
        stream.off('close', end);
        resolve();
      };
      stream.on('drain', end);
      stream.on('close', end);
    });
  }

  /** Without what is held back until the end of this turn: that is for everybody the same. */
  queued(): number {
    return this.#stream.writableLength;
  }

  pause(): void {
    this.#ws.pause();
  }

  resume(): void {
    this.#ws.resume();
  }

  /** Closes with a code; a reason longer than a control frame takes is cut (RFC 6455, 5.5). */
  close(code?: number, reason?: string): void {
    this.flush();
    this.#ws.close(code, reason?.slice(0, 100));
  }

  /** Writes what is held back. Idempotent. */
  flush(): void {
    const held = this.#held;
    if (held.length === 0) return;
    this.#held = [];
    // Its end is told: whoever comes back compares state vectors.
    if (this.#ws.readyState !== this.#ws.OPEN) return;
    const [first] = held;
    this.#stream.write(held.length === 1 && first !== undefined ? first : Buffer.concat(held));
  }

  failed(error: unknown): void {
    this.#ws.emit('error', error);
    this.#ws.terminate();
  }
}
