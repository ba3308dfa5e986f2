import { type Sequenced, WeftError } from '@weft/protocol';
import type { Endpoint } from '../gateway/endpoint.ts';
import type { Socket } from '../gateway/socket.ts';
import type { Transport } from '../gateway/transport.ts';
import type { Logger } from '../logger.ts';
import { Session, type SessionKeeper } from './session.ts';
import { type LinkHost, SessionLink } from './session-link.ts';

/** What parked sessions may take together. */
export interface SessionLimits {
  readonly parked: number;
  /** Bytes that they hold for their clients. */
  readonly parkedBytes: number;
}

export const DEFAULT_SESSION_LIMITS: SessionLimits = {
  parked: 10_000,
  parkedBytes: 64 * 1024 * 1024,
};

/** Counts since the start, but for `parked`, `parkedBytes` and `devices`, which are of now. */
export interface SessionFigures {
  readonly opened: number;
  readonly resumed: number;
  /** Asked to go on, and could not. */
  readonly refused: number;
  /** Ended while they were parked, to make room. */
  readonly evicted: number;
  /** Frames about presence that parked sessions were spared. */
  readonly shed: number;
  readonly parked: number;
  readonly parkedBytes: number;
  /** Devices that have a session. */
  readonly devices: number;
}

/** Bytes of a secret: nobody guesses one of 2^144. */
const SECRET_BYTES = 18;

/** All sessions of a server, attached or parked. */
export class Sessions implements SessionKeeper, LinkHost {
  readonly logger: Logger;
  readonly #limits: SessionLimits;
  readonly #socket: (transport: Transport) => Socket;
  readonly #now: () => number;
  readonly #bySecret = new Map<string, Session>();
  /** Of each device, its sessions, with when each was known to be its own. */
  readonly #byDevice = new Map<string, Map<Session, number>>();
  /** In the order in which they were parked, with the bytes that each holds. */
  readonly #parked = new Map<Session, number>();
  #parkedBytes = 0;
  #opened = 0;
  #resumed = 0;
  #refused = 0;
  #evicted = 0;
  #shed = 0;

  constructor(options: {
    readonly logger: Logger;
    readonly socket: (transport: Transport) => Socket;
    readonly limits?: Partial<SessionLimits>;
    /** Milliseconds of a clock that is never set. */
    readonly now?: () => number;
  }) {
    this.#now = options.now ?? (() => performance.now());
    this.logger = options.logger;
    this.#socket = options.socket;
    this.#limits = { ...DEFAULT_SESSION_LIMITS, ...options.limits };
  }

  get figures(): SessionFigures {
    return {
      opened: this.#opened,
      resumed: this.#resumed,
      refused: this.#refused,
      evicted: this.#evicted,
      shed: this.#shed,
      parked: this.#parked.size,
      parkedBytes: this.#parkedBytes,
      devices: this.#byDevice.size,
    };
  }

  /** Takes a WebSocket of the subprotocol `weft.1`. */
  accept(transport: Transport): Endpoint {
    return new SessionLink(transport, this);
  }

  open(link: SessionLink): Session {
    this.#opened += 1;
    const session = new Session({
      secret: newSecret(),
      link,
      keeper: this,
      socket: this.#socket,
    });
    this.#bySecret.set(session.secret, session);
    return session;
  }

  async resume(secret: string, token: string): Promise<Session> {
    const session = this.#bySecret.get(secret);
    // Spent at once, whatever comes of it: a secret that was overheard is worth nothing after its first use.
    this.#bySecret.delete(secret);
    if (session === undefined) throw new WeftError('session-over');
    session.detach();
    try {
      if (await session.socket.mayReturn(token)) return session;
    } catch (error) {
      session.end();
      throw error;
    }
    // Without its secret nobody can go on with it: what it holds would be held for nothing.
    session.end();
    throw new WeftError('session-over');
  }

  attach(session: Session, link: SessionLink, received: number): readonly Sequenced[] {
    const secret = newSecret();
    const missing = session.attach(link, secret, received);
    this.#bySecret.set(secret, session);
    this.#resumed += 1;
    return missing;
  }

  identified(session: Session, before: string | undefined): void {
    // Whoever names ever new devices on one socket would be kept under each of them for ever.
    if (before !== undefined) this.#unlist(session, before);
    const device = session.device ?? '';
    const sessions = this.#byDevice.get(device) ?? new Map<Session, number>();
    this.#byDevice.set(device, sessions);
    for (const other of sessions.keys()) other.replaced();
    sessions.set(session, this.#now());
  }

  cameAgain(session: Session, ms: number): boolean {
    const sessions = this.#byDevice.get(session.device ?? '');
    const own = sessions?.get(session);
    if (sessions === undefined || own === undefined) return false;
    const since = this.#now() - ms;
    return [...sessions].some(
      ([other, came]) => other !== session && came > own && came >= since && other.attached,
    );
  }

  refused(): void {
    this.#refused += 1;
  }

  parked(session: Session): void {
    this.#parked.set(session, 0);
    this.grew(session, session.window.bytes);
  }

  grew(session: Session, bytes: number): void {
    const before = this.#parked.get(session);
    if (before === undefined) return;
    this.#parked.set(session, before + bytes);
    this.#parkedBytes += bytes;
    for (const oldest of this.#parked.keys()) {
      const { parked, parkedBytes } = this.#limits;
      if (this.#parked.size <= parked && this.#parkedBytes <= parkedBytes) return;
      this.#evicted += 1;
      oldest.end();
    }
  }

  left(session: Session): void {
    this.#parkedBytes -= this.#parked.get(session) ?? 0;
    this.#parked.delete(session);
  }

  ended(session: Session): void {
    if (this.#bySecret.get(session.secret) === session) this.#bySecret.delete(session.secret);
    this.#unlist(session, session.device ?? '');
  }

  shed(): void {
    this.#shed += 1;
  }

  #unlist(session: Session, device: string): void {
    const sessions = this.#byDevice.get(device);
    sessions?.delete(session);
    if (sessions?.size === 0) this.#byDevice.delete(device);
  }

  /** Ends those that wait for their clients: nobody will come back to this process. */
  close(): void {
    for (const session of this.#parked.keys()) session.end(1001);
  }
}

function newSecret(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(SECRET_BYTES))).toString('base64url');
}
