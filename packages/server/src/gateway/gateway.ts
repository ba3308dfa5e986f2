import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import {
  type ErrorCode,
  SESSION_PROTOCOL,
  SYNC_FRAME_MAX_BYTES,
  UNSIGNED_MAX_BYTES,
  errorDefinition,
} from '@weft/protocol';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import { Addresses } from '../admission/addresses.ts';
import { UNSIGNED_MAX } from '../admission/limits.ts';
import type { WeftCore } from '../core.ts';
import { type Logger, reasonOf } from '../logger.ts';
import type { Endpoint } from './endpoint.ts';
import { originAllowed } from './origin.ts';
import { TURNED_AWAY_PER_ADDRESS, TurnedAway } from './turned-away.ts';
import { Wire } from './wire.ts';
import { YjsDoor, type YjsRequest, readYjsRequest } from './yjs-door.ts';

/** Where sockets are accepted. */
export const SYNC_PATH = '/sync';

/** Milliseconds to sign in, whatever else arrives meanwhile. */
const SIGN_IN_MS = 5_000;

/** Milliseconds: how often silence is looked at, after how much of it a socket is asked, and after how much it is gone. */
const SILENCE_MS = { look: 6_000, ask: 9_500, gone: 15_000 } as const;

/** Milliseconds that a closing handshake may take before the transport is cut. */
const CLOSE_MS = 1_000;

/** Fragments of one message: browsers cut the largest in pieces of 64 KB. */
const FRAGMENTS_MAX = 2_048;

/** How sockets are read. (The types of `ws` do not know all of these.) */
const SOCKET_OPTIONS = {
  noServer: true,
  // What a frame of each kind may have is decided where its head is read (`socket.ts`).
  maxPayload: SYNC_FRAME_MAX_BYTES,
  maxFragments: FRAGMENTS_MAX,
  // A few bytes would become megabytes; and what is not inflated needs no window for each socket.
  perMessageDeflate: false,
  // A peer that does not answer a close would keep its socket for half a minute.
  closeTimeout: CLOSE_MS,
  clientTracking: false,
  handleProtocols: (offered: ReadonlySet<string>) =>
    offered.has(SESSION_PROTOCOL) ? SESSION_PROTOCOL : ([...offered][0] ?? false),
};

/** Milliseconds for which a client whose socket was closed because it lay idle need not come back. */
const IDLE_RETURN_MS = 60_000;

/** Milliseconds after which whoever found too many connections of their address may find fewer. */
const ADDRESS_RETURN_MS = 5_000;

/** What the gateway asks of the server behind it. */
type GatewayCore = Pick<WeftCore, 'accept' | 'acceptSession' | 'admission'>;

interface Open {
  readonly ws: WebSocket;
  readonly socket: Endpoint;
  readonly wire: Wire;
  readonly kind: SocketKind;
  readonly door: YjsDoor | undefined;
  /** When anything last arrived, milliseconds. */
  heard: number;
  signIn: NodeJS.Timeout | undefined;
  look: NodeJS.Timeout | undefined;
}

/** Who speaks on a socket: our client with a session, whoever speaks frames without one, a `y-websocket` provider. */
type SocketKind = 'session' | 'plain' | 'yjs';

/** Sockets, as somebody counts them. */
export interface GatewayFigures {
  /** Open now. */
  readonly open: Readonly<Record<SocketKind, number>>;
  /** Upgrades that got none, since the start, by HTTP status. */
  readonly refused: Readonly<Record<string, number>>;
  /** Bytes that wait for all of them together. */
  readonly queuedBytes: number;
}

/** Accepts WebSockets on an HTTP server and owns every byte in and out of them. */
export class Gateway {
  readonly #core: GatewayCore;
  readonly #addresses: Addresses;
  readonly #turnedAway: TurnedAway;
  readonly #logger: Logger;
  readonly #wss = new WebSocketServer(SOCKET_OPTIONS);
  readonly #open = new Map<WebSocket, Open>();
  readonly #origins: readonly string[];
  readonly #refused: Record<string, number> = {};
  #accepting = true;

  /**
   * @param origins whose pages may open sockets, beside our own
   * @param proxies whose word on where a connection comes from is taken
   * @throws TypeError for a proxy that is no address and no network
   */
  constructor(
    server: Server,
    core: GatewayCore,
    logger: Logger,
    {
      origins,
      proxies,
    }: { readonly origins: readonly string[]; readonly proxies: readonly string[] },
  ) {
    this.#addresses = new Addresses(core.admission.limits.perAddress, proxies);
    this.#turnedAway = new TurnedAway(new Addresses(TURNED_AWAY_PER_ADDRESS, proxies), logger);
    this.#core = core;
    this.#logger = logger;
    this.#origins = origins;
    server.on('upgrade', (request, transport, head) => {
      try {
        this.#upgrade(request, transport, head);
      } catch (error) {
        this.#erred(error);
        transport.destroy();
      }
    });
  }

  /** Sockets open now. */
  get size(): number {
    return this.#open.size;
  }

  get figures(): GatewayFigures {
    const open = { session: 0, plain: 0, yjs: 0 };
    let queuedBytes = 0;
    for (const { kind, wire } of this.#open.values()) {
      open[kind] += 1;
      queuedBytes += wire.queued();
    }
    return { open, refused: this.#refused, queuedBytes };
  }

  /**
   * Takes no further sockets, tells every client to come back, spread over `spread` milliseconds, and reads no further
   * frames. What was read is still answered.
   */
  stop(random: () => number, spread: number): void {
    this.#accepting = false;
    for (const { ws, socket } of this.#open.values()) {
      socket.goodbye(Math.floor(random() * spread));
      ws.pause();
    }
  }

  /** Closes every socket, after `stop`. Resolves when all are gone. */
  async closeAll(): Promise<void> {
    await Promise.all(
      [...this.#open.values()].map(
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

  /** Does something for one connection, in a turn where an error would end the process: it ends that one alone. */
  #guard(ws: WebSocket, work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#erred(error);
      ws.terminate();
    }
  }

  #erred(error: unknown): void {
    this.#logger.error('A connection met an error of ours.', { reason: reasonOf(error) });
  }

  #upgrade(request: IncomingMessage, transport: Duplex, head: Buffer): void {
    transport.on('error', this.#failedEarly);
    const refusal = this.#refusal(request);
    if (refusal !== undefined) {
      this.#turnAway(transport, refusal);
      return;
    }
    const address = this.#addresses.of(request);
    const code = this.#full(address);
    if (code !== undefined) {
      this.#core.admission.refused(code);
      this.#logger.info('A connection was refused.', { address, code });
      const retryAfter = code === 'server-full' ? this.#core.admission.comeBack : ADDRESS_RETURN_MS;
      const upgrade = { request, transport, head, address };
      if (this.#turnedAway.tell(upgrade, { code, retryAfter })) {
        this.#count(code === 'server-full' ? '503' : '429');
        return;
      }
      this.#turnAway(transport, code === 'server-full' ? BUSY : '429 Too Many Requests', code);
      return;
    }
    this.#leaveAtClose(transport, address);
    this.#wss.handleUpgrade(request, transport, head, (ws) => {
      this.#accept(ws, transport, yjsRequest(request));
    });
  }

  readonly #failedEarly = (error: Error): void => {
    this.#logger.info('A connection failed before it was a socket.', { reason: error.message });
  };

  /**
   * Also of one that fails before it is a socket. By itself: a function that is made where the request is known would keep
   * all of it, headers and all, for as long as the socket is open.
   */
  #leaveAtClose(transport: Duplex, address: string): void {
    transport.once('close', () => this.#addresses.leave(address));
  }

  #turnAway(transport: Duplex, status: string, code?: ErrorCode): void {
    this.#count(status.slice(0, 3));
    refuse(transport, status, code);
  }

  /** @param status of HTTP, which a page that is told in another way is not shown */
  #count(status: string): void {
    this.#refused[status] = (this.#refused[status] ?? 0) + 1;
  }

  /** The status line for a request that gets no socket. A target may be anything: an error here would end the process. */
  #refusal({ url: target = '/', headers }: IncomingMessage): string | undefined {
    if (target !== SYNC_PATH) {
      const base = 'http://localhost';
      if (!URL.canParse(target, base)) return '400 Bad Request';
      const url = new URL(target, base);
      if (url.pathname !== SYNC_PATH && readYjsRequest(url) === undefined) return '404 Not Found';
    }
    if (!originAllowed(headers.origin, headers.host, this.#origins)) return '403 Forbidden';
    return this.#accepting ? undefined : BUSY;
  }

  /** Why there may not be one more connection; `undefined` when it was counted. */
  #full(address: string): 'server-full' | 'too-many-connections' | undefined {
    const { seats, waiting } = this.#core.admission.limits;
    if (this.#open.size >= seats + waiting + UNSIGNED_MAX) return 'server-full';
    return this.#addresses.enter(address) ? undefined : 'too-many-connections';
  }

  /** Closes a socket on which nothing is open, and nothing was asked for, for so long that somebody else may need it. */
  #cull(socket: Endpoint): void {
    if (!socket.known || socket.idle < this.#core.admission.limits.idleMs) return;
    this.#core.admission.culled();
    socket.bye('idle', { retryAfter: IDLE_RETURN_MS });
  }

  #accept(ws: WebSocket, transport: Duplex, yjs: YjsRequest | undefined): void {
    ws.binaryType = 'nodebuffer';
    const wire = new Wire(ws, transport);
    const door = yjs === undefined ? undefined : new YjsDoor(wire, yjs.address);
    // Clients of others know nothing of sessions: theirs ends with the WebSocket.
    const resumable = door === undefined && ws.protocol === SESSION_PROTOCOL;
    const socket = resumable ? this.#core.acceptSession(wire) : this.#core.accept(door ?? wire);
    const open: Open = {
      ws,
      socket,
      wire,
      kind: door === undefined ? (resumable ? 'session' : 'plain') : 'yjs',
      door,
      heard: Date.now(),
      signIn: undefined,
      look: undefined,
    };
    this.#open.set(ws, open);
    open.signIn = setTimeout(this.#signInLate, SIGN_IN_MS, open);
    open.look = setInterval(this.#look, SILENCE_MS.look, open);
    limitUnsigned(transport, socket);
    ws.on('pong', this.#pong);
    ws.on('message', this.#message);
    ws.on('error', this.#failed);
    ws.on('close', this.#close);
    if (yjs !== undefined) socket.receive(YjsDoor.opening(yjs));
  }

  // What listens to every socket is made once: ten thousand idle ones have no functions of their own.

  readonly #signInLate = (open: Open): void => {
    open.signIn = undefined;
    this.#guard(open.ws, () => {
      if (!open.socket.known && !open.socket.waiting) open.socket.bye('sign-in-late');
    });
  };

  readonly #look = (open: Open): void => {
    this.#guard(open.ws, () => {
      const silence = Date.now() - open.heard;
      if (silence >= SILENCE_MS.gone) open.ws.terminate();
      else if (silence >= SILENCE_MS.ask) open.ws.ping();
      this.#cull(open.socket);
    });
  };

  readonly #pong = this.#listener((open) => {
    open.heard = Date.now();
  });

  readonly #message = this.#listener((open, data: RawData, isBinary: boolean) => {
    const { socket, door } = open;
    open.heard = Date.now();
    if (!isBinary || !Buffer.isBuffer(data)) {
      socket.bye('frame-invalid');
      return;
    }
    const frame = door === undefined ? data : door.incoming(data);
    if (frame !== undefined) socket.receive(frame);
  });

  readonly #failed = (error: Error): void => {
    this.#logger.info('A socket failed.', { reason: reasonOf(error) });
  };

  readonly #close = this.#listener((open, code: number) => {
    clearTimeout(open.signIn);
    clearInterval(open.look);
    open.door?.stop();
    this.#open.delete(open.ws);
    open.socket.closed(code, Date.now() - open.heard);
  });

  /** A listener for all sockets, which are told by what they are called on. */
  #listener<Args extends readonly unknown[]>(
    handle: (open: Open, ...args: Args) => void,
  ): (this: WebSocket, ...args: Args) => void {
    const find = (ws: WebSocket) => this.#open.get(ws);
    const guard = (ws: WebSocket, work: () => void) => this.#guard(ws, work);
    return function listen(this: WebSocket, ...args) {
      const open = find(this);
      if (open !== undefined) guard(this, () => handle(open, ...args));
    };
  }
}

const BUSY = '503 Service Unavailable';

/** Answers a request that gets no socket. @param status of HTTP */
function refuse(transport: Duplex, status: string, code?: ErrorCode): void {
  const body =
    code === undefined ? '' : JSON.stringify({ code, message: errorDefinition(code).message });
  const type = code === undefined ? '' : 'Content-Type: application/json\r\nRetry-After: 5\r\n';
  transport.end(
    `HTTP/1.1 ${status}\r\nConnection: close\r\n${type}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

/** What a `y-websocket` provider asks for; `undefined` for every other socket. The target was found to be a URL. */
function yjsRequest({ url = '/' }: IncomingMessage): YjsRequest | undefined {
  return url === SYNC_PATH ? undefined : readYjsRequest(new URL(url, 'http://localhost'));
}

/**
 * Ends a socket that sends too much before it has signed in, as the bytes come: a frame of many megabytes would be kept
 * in memory until its last byte otherwise.
 */
function limitUnsigned(transport: Duplex, socket: Endpoint): void {
  let bytes = 0;
  const count = (chunk: Buffer) => {
    if (socket.known) {
      transport.off('data', count);
      return;
    }
    bytes += chunk.length;
    // Frames have heads: whatever is within the limit of the frames themselves is let through here.
    if (bytes <= 2 * UNSIGNED_MAX_BYTES) return;
    transport.off('data', count);
    socket.bye('frame-too-large', { detail: 'Too much before the sign-in.' });
  };
  transport.on('data', count);
}
