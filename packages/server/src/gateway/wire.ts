import type { WebSocket } from 'ws';
import type { Transport } from './socket.ts';

/** A `ws` socket as the engine and our own code write to it. */
export class Wire implements Transport {
  readonly #ws: WebSocket;

  constructor(ws: WebSocket) {
    this.#ws = ws;
  }

  /** RFC 6455 ready state, as the engine asks for it. */
  get readyState(): number {
    return this.#ws.readyState;
  }

  /** Sends a frame; on a socket that is closing it does nothing, as its `close` event says so already. */
  send(data: string | ArrayBufferLike | Blob | ArrayBufferView): void {
    if (this.#ws.readyState !== this.#ws.OPEN) return;
    if (ArrayBuffer.isView(data)) this.#ws.send(data);
    else throw new TypeError('Frames are bytes.');
  }

  /** Closes with a code; a reason longer than a control frame takes is cut (RFC 6455, 5.5). */
  close(code?: number, reason?: string): void {
    this.#ws.close(code, reason?.slice(0, 100));
  }
}
