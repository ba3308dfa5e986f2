import {
  AuthType,
  FrameReader,
  ID_PATTERN,
  MessageType,
  WEFT_ADDRESS,
  encodeAuth,
  errorDefinition,
  formatAddress,
  isErrorCode,
} from '@weft/protocol';
import * as encoding from 'lib0/encoding';
import type { Transport } from './transport.ts';

/** Where the published `y-websocket` provider connects: its room is the id of a document. */
const YJS_PATH = '/yjs/';

/** Milliseconds between two signs of life: the provider gives a socket up that was silent for 30 s. */
const ALIVE_MS = 15_000;

/** A presence update about nobody. */
const NOTHING = Uint8Array.of(MessageType.Awareness, 1, 0);

/** What a provider asks for in its address. */
export interface YjsRequest {
  readonly address: string;
  /** From the query: it has no other place. It is in logs of proxies then: let it live shortly. */
  readonly token: string;
}

/** Reads the address of a `y-websocket` provider; `undefined` for any other. */
export function readYjsRequest(url: URL): YjsRequest | undefined {
  if (!url.pathname.startsWith(YJS_PATH)) return undefined;
  const id = url.pathname.slice(YJS_PATH.length);
  if (!ID_PATTERN.test(id)) return undefined;
  return {
    address: formatAddress({ kind: 'document', id }),
    token: url.searchParams.get('token') ?? '',
  };
}

/**
 * Stands between a socket and a `y-websocket` provider, whose frames have no address, since each of its sockets is for
 * one document. Everything passes the same door as all others' do: `incoming` makes frames of ours, `send` takes the
 * address off again. The provider has no word for an ack, a refusal or a sign-in: what is refused or denied for good ends
 * the socket with a code from 4400 on, after which it does not come back by itself, and with the reason.
 */
export class YjsDoor implements Transport {
  readonly #wire: Transport;
  readonly #address: string;
  readonly #alive: NodeJS.Timeout;

  constructor(wire: Transport, address: string) {
    this.#wire = wire;
    this.#address = address;
    this.#alive = setInterval(() => wire.send(NOTHING), ALIVE_MS);
  }

  get readyState(): number {
    return this.#wire.readyState;
  }

  /** The frame that a request begins with: it signs in and opens its document. */
  static opening({ address, token }: YjsRequest): Uint8Array {
    return encodeAuth(address, token);
  }

  /** A frame of the provider as one of ours; `undefined` for what it has no business to say. */
  incoming(frame: Uint8Array): Uint8Array | undefined {
    const [type] = frame;
    const known =
      type === MessageType.Sync ||
      type === MessageType.Awareness ||
      type === MessageType.QueryAwareness;
    if (!known) return undefined;
    const encoder = encoding.createEncoder();
    encoding.writeVarString(encoder, this.#address);
    encoding.writeUint8Array(encoder, frame);
    return encoding.toUint8Array(encoder);
  }

  send(data: string | ArrayBufferLike | Blob | ArrayBufferView): void {
    if (!ArrayBuffer.isView(data)) throw new TypeError('Frames are bytes.');
    const frame = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    // A sign of life without an address: this door has its own.
    if (frame.length === 1) return;
    const reader = new FrameReader(frame);
    if (reader.string() === WEFT_ADDRESS || !reader.more) return;
    const bare = frame.subarray(reader.decoder.pos);
    const type = reader.uint();
    switch (type) {
      case MessageType.Sync:
      case MessageType.Awareness:
      case MessageType.QueryAwareness:
        this.#wire.send(bare);
        return;
      case MessageType.SyncReply: {
        const sync = bare.slice();
        sync[0] = MessageType.Sync;
        this.#wire.send(sync);
        return;
      }
      case MessageType.Auth:
        if (reader.uint() === AuthType.PermissionDenied) this.#denied(reader.string());
        return;
      case MessageType.SyncStatus:
        // What it shows is not what is stored, and it will not send it again.
        if (reader.uint() === 0) this.close(4403, 'refused');
        return;
      case MessageType.Close:
        // Opened anew, the document is another copy: the provider's next socket gets it.
        this.close(1012, 'closed');
        return;
      default:
        return;
    }
  }

  #denied(code: string): void {
    const later = isErrorCode(code) && errorDefinition(code).retry === 'later';
    this.close(later ? 1013 : 4403, code);
  }

  close(code?: number, reason?: string): void {
    this.stop();
    this.#wire.close(code, reason);
  }

  drained(): Promise<void> {
    return this.#wire.drained?.() ?? Promise.resolve();
  }

  queued(): number {
    return this.#wire.queued?.() ?? 0;
  }

  pause(): void {
    this.#wire.pause?.();
  }

  resume(): void {
    this.#wire.resume?.();
  }

  /** No more signs of life: the socket is gone. Idempotent. */
  stop(): void {
    clearInterval(this.#alive);
  }
}
