import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import {
  type ErrorCode,
  SESSION_PROTOCOL,
  decodeSessionFrame,
  encodeDataHead,
  encodeSessionFrame,
  encodeWeft,
  errorDefinition,
} from '@weft/protocol';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Addresses } from '../admission/addresses.ts';
import { type Logger, reasonOf } from '../logger.ts';

/** Sockets that are open only to be told why they will be closed, over all; and bytes that each may send. */
const MAX = 500;
const FRAME_BYTES = 8 * 1024;

/** Of one address, so that nobody takes the word from all others. */
export const TURNED_AWAY_PER_ADDRESS = 16;

/** Milliseconds that one of them may take to say what it wants, and to close. */
const ASK_MS = 2_000;
const CLOSE_MS = 1_000;

/** Why a socket is closed, and after how many milliseconds its client may come back. */
export interface Refusal {
  readonly code: ErrorCode;
  readonly retryAfter: number;
}

/**
 * Pages that come when there is no room for a socket. A browser hides every answer but a WebSocket, and its person would
 * be told that they are offline: so a bounded number of them get one, for as long as it takes to say why, and when to come
 * back. Nothing that they send is looked at, but for whether a session is to begin: one that is to go on is left to try
 * again, since it is not over.
 */
export class TurnedAway {
  readonly #addresses: Pick<Addresses, 'enter' | 'leave'>;
  readonly #logger: Logger;
  readonly #wss = new WebSocketServer({
    noServer: true,
    maxPayload: FRAME_BYTES,
    perMessageDeflate: false,
    clientTracking: false,
    handleProtocols: (offered: ReadonlySet<string>) =>
      offered.has(SESSION_PROTOCOL) ? SESSION_PROTOCOL : ([...offered][0] ?? false),
  });
  #open = 0;

  constructor(addresses: Pick<Addresses, 'enter' | 'leave'>, logger: Logger) {
    this.#addresses = addresses;
    this.#logger = logger;
  }

  /** Sockets that are being told. */
  get open(): number {
    return this.#open;
  }

  /** Tells a page why it gets no socket. @returns whether it will be told; else HTTP has to say it */
  tell(
    upgrade: {
      readonly request: IncomingMessage;
      readonly transport: Duplex;
      readonly head: Buffer;
      readonly address: string;
    },
    refusal: Refusal,
  ): boolean {
    const { request, transport, head, address } = upgrade;
    // Whoever names no origin is no browser, and reads HTTP.
    if (request.headers.origin === undefined || this.#open >= MAX) return false;
    if (!this.#addresses.enter(address)) return false;
    this.#open += 1;
    transport.once('close', () => {
      this.#open -= 1;
      this.#addresses.leave(address);
    });
    this.#wss.handleUpgrade(request, transport, head, (ws) => this.#accept(ws, refusal));
    return true;
  }

  #accept(ws: WebSocket, { code, retryAfter }: Refusal): void {
    const close = () => {
      clearTimeout(late);
      ws.close(1013, code);
      setTimeout(() => ws.terminate(), CLOSE_MS).unref();
    };
    const late = setTimeout(close, ASK_MS);
    late.unref();
    const { message } = errorDefinition(code);
    const bye = encodeWeft({ type: 'bye', code, message, retryAfter });
    ws.on('error', (error) => {
      this.#logger.info('A socket failed that was turned away.', { reason: reasonOf(error) });
    });
    ws.on('close', () => clearTimeout(late));
    if (ws.protocol !== SESSION_PROTOCOL) {
      ws.send(bye);
      close();
      return;
    }
    ws.once('message', (data) => {
      if (Buffer.isBuffer(data) && begins(data)) {
        ws.send(encodeSessionFrame({ type: 'opened', secret: 'none' }));
        const head = encodeDataHead({ channel: 0, last: true }, 1, 0);
        ws.send(Buffer.concat([head, bye]));
      }
      close();
    });
  }
}

/** Whether a frame asks for a session to begin. */
function begins(frame: Uint8Array): boolean {
  try {
    return decodeSessionFrame(frame).type === 'open';
  } catch {
    // Whatever it is, it is answered with a close.
    return false;
  }
}
