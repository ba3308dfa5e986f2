import type { Link } from './sim-link.ts';

/** What a frame is sent as. */
export type Sending = (frame: Uint8Array<ArrayBuffer>) => readonly Uint8Array<ArrayBuffer>[];

/** A client's side of a simulated socket, shaped like the WebSocket of a browser. */
export class SimSocket {
  binaryType = 'arraybuffer';
  onopen: (() => void) | null = null;
  onmessage: ((event: { readonly data: unknown }) => void) | null = null;
  onclose: ((event: { readonly code: number; readonly reason: string }) => void) | null = null;
  onerror: (() => void) | null = null;
  readyState = 0;
  /** The subprotocol: what was offered is taken. */
  readonly protocol: string;
  readonly #sending: Sending;
  #link: Link | undefined;

  constructor(sending: Sending = (frame) => [frame], protocol = '') {
    this.#sending = sending;
    this.protocol = protocol;
  }

  /** Called once, by the network. */
  attach(link: Link): void {
    this.#link = link;
  }

  get bufferedAmount(): number {
    return this.#link?.up.bytes ?? 0;
  }

  send(data: Uint8Array<ArrayBuffer>): void {
    if (this.readyState !== 1) return;
    for (const frame of this.#sending(data)) this.#link?.up.send(frame);
  }

  close(code = 1000): void {
    if (this.readyState >= 2) return;
    this.readyState = 2;
    this.#link?.closeByClient(code);
  }

  /** The socket is open. */
  opened(): void {
    if (this.readyState !== 0) return;
    this.readyState = 1;
    this.onopen?.();
  }

  /** A frame has come. */
  receive(frame: Uint8Array): void {
    if (this.readyState === 1) this.onmessage?.({ data: frame });
  }

  /** The socket is gone. */
  ended(code: number): void {
    if (this.readyState === 3) return;
    this.readyState = 3;
    this.onclose?.({ code, reason: '' });
  }
}
