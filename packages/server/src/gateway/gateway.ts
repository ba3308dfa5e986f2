import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { FRAME_MAX_BYTES } from '@weft/protocol';
import { type WebSocket, WebSocketServer } from 'ws';
import type { WeftCore } from '../core.ts';
import { type Logger, reasonOf } from '../logger.ts';
import type { Socket } from './socket.ts';
import { Wire } from './wire.ts';

/** Where sockets are accepted. */
export const SYNC_PATH = '/sync';

/** Milliseconds to sign in, whatever else arrives meanwhile. */
const SIGN_IN_MS = 5_000;

/** Milliseconds between pings; a socket that answered none since the last is gone. */
const PING_MS = 20_000;

/** Milliseconds that a closing handshake may take before the transport is cut. */
const CLOSE_MS = 1_000;

interface Open {
  readonly ws: WebSocket;
  readonly socket: Socket;
}

/** Accepts WebSockets on an HTTP server and owns every byte in and out of them. */
export class Gateway {
  readonly #core: Pick<WeftCore, 'accept'>;
  readonly #logger: Logger;
  readonly #wss = new WebSocketServer({
    noServer: true,
    maxPayload: FRAME_MAX_BYTES,
    perMessageDeflate: false,
    clientTracking: false,
  });
  readonly #open = new Set<Open>();
  #accepting = true;

  constructor(server: Server, core: Pick<WeftCore, 'accept'>, logger: Logger) {
    this.#core = core;
    this.#logger = logger;
    server.on('upgrade', (request, transport, head) => this.#upgrade(request, transport, head));
  }

  /** Sockets open now. */
  get size(): number {
    return this.#open.size;
  }

  /**
   * Takes no further sockets, tells every client to come back, spread over `spread` milliseconds, and reads no further
   * frames. What was read is still answered.
   */
  stop(random: () => number, spread: number): void {
    this.#accepting = false;
    for (const { ws, socket } of this.#open) {
      socket.goodbye(Math.floor(random() * spread));
      ws.pause();
    }
  }

  /** Closes every socket, after `stop`. Resolves when all are gone. */
  async closeAll(): Promise<void> {
    await Promise.all(
      [...this.#open].map(
        ({ ws, socket }) =>
          new Promise<void>((resolve) => {
            ws.once('close', () => resolve());
            // The closing handshake has to be read.
            ws.resume();
            socket.end();
            setTimeout(() => ws.terminate(), CLOSE_MS).unref();
          }),
      ),
    );
  }

  #upgrade(request: IncomingMessage, transport: Duplex, head: Buffer): void {
    transport.on('error', (error) => {
      this.#logger.info('A connection failed before it was a socket.', { reason: error.message });
    });
    const refusal = this.#refusal(request.url ?? '/');
    if (refusal !== undefined) {
      transport.end(`HTTP/1.1 ${refusal}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    this.#wss.handleUpgrade(request, transport, head, (ws) => this.#accept(ws, transport));
  }

  /** The status line for a request that gets no socket. A target may be anything: an error here would end the process. */
  #refusal(target: string): string | undefined {
    const base = 'http://localhost';
    if (!URL.canParse(target, base)) return '400 Bad Request';
    if (new URL(target, base).pathname !== SYNC_PATH) return '404 Not Found';
    return this.#accepting ? undefined : '503 Service Unavailable';
  }

  #accept(ws: WebSocket, transport: Duplex): void {
    ws.binaryType = 'nodebuffer';
    const socket = this.#core.accept(new Wire(ws, transport));
    const open: Open = { ws, socket };
    this.#open.add(open);
    let alive = true;
    const signIn = setTimeout(() => {
      if (!socket.known) socket.bye('sign-in-late');
    }, SIGN_IN_MS);
    const ping = setInterval(() => {
      if (!alive) {
        ws.terminate();
        return;
      }
      alive = false;
      ws.ping();
    }, PING_MS);
    ws.on('pong', () => {
      alive = true;
    });
    ws.on('message', (data, isBinary) => {
      alive = true;
      if (isBinary && Buffer.isBuffer(data)) socket.receive(data);
      else socket.bye('frame-invalid');
    });
    ws.on('error', (error) => {
      this.#logger.info('A socket failed.', { reason: reasonOf(error) });
    });
    ws.on('close', () => {
      clearTimeout(signIn);
      clearInterval(ping);
      this.#open.delete(open);
      socket.closed();
    });
  }
}
