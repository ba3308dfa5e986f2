import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import type { Transport } from './socket.ts';
import { uncorkAfterTurn } from './turn.ts';

/** Bytes from which a frame is not held back: it fills the kernel's buffers by itself. */
const LARGE_BYTES = 16 * 1024;

/** A `ws` socket as the engine and our own code write to it. Small frames of one turn leave in one write. */
export class Wire implements Transport {
  readonly #ws: WebSocket;
  readonly #stream: Duplex;
  #corked = false;

  /** @param stream what carries the WebSocket */
  constructor(ws: WebSocket, stream: Duplex) {
    this.#ws = ws;
    this.#stream = stream;
  }

  /** RFC 6455 ready state, as the engine asks for it. */
  get readyState(): number {
    return this.#ws.readyState;
  }

  /** Sends a frame; on a socket that is closing it does nothing, as its `close` event says so already. */
  send(data: string | ArrayBufferLike | Blob | ArrayBufferView): void {
    if (this.#ws.readyState !== this.#ws.OPEN) return;
    if (!ArrayBuffer.isView(data)) throw new TypeError('Frames are bytes.');
    if (data.byteLength >= LARGE_BYTES) this.uncork();
    else this.#cork();
    this.#ws.send(data);
  }

  /** Resolves when the kernel has taken all that was sent, or never will. */
  drained(): Promise<void> {
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

  /** Closes with a code; a reason longer than a control frame takes is cut (RFC 6455, 5.5). */
  close(code?: number, reason?: string): void {
    this.#ws.close(code, reason?.slice(0, 100));
  }

  #cork(): void {
    if (this.#corked) return;
    this.#corked = true;
    this.#stream.cork();
    uncorkAfterTurn(this);
  }

  /** Lets go of what is held back. Idempotent. */
  uncork(): void {
    if (!this.#corked) return;
    this.#corked = false;
    this.#stream.uncork();
  }
}
