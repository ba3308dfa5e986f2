import { Link, type LinkEvents } from './sim-link.ts';
import type { SimRandom } from './random.ts';
import type { SimProcess, SimScheduler } from './scheduler.ts';
import { type Sending, SimSocket } from './socket.ts';

/** What carries a server's side of a socket (RFC 6455 ready states). */
export interface SimTransport {
  readonly readyState: number;
  send(data: string | ArrayBufferLike | Blob | ArrayBufferView): void;
  close(code?: number, reason?: string): void;
  /** Bytes that were sent and have not left: none, unless the client has stopped reading. */
  queued(): number;
  /** Resolves when all that was sent has left, or never will. */
  drained(): Promise<void>;
}

/** What a server makes of a socket. */
export interface SimEndpoint {
  receive(frame: Uint8Array): void;
  /**
   * The socket is gone.
   * @param code with which the client closed; 1006 where nobody said one
   * @param silence milliseconds since anything arrived
   */
  closed(code: number, silence: number): void;
}

/** A server that listens. */
export interface SimListener {
  readonly process: SimProcess;
  accept(transport: SimTransport, link: Link): SimEndpoint;
}

/** Milliseconds: how long a frame takes, and how long the ends of a broken socket take to notice. */
export interface SimLatency {
  readonly min: number;
  readonly max: number;
}

/** Until a server's host gives up on a client that fell silent, milliseconds. */
const SILENCE_MAX = 30_000;

/**
 * The network between clients and one server. Frames of a socket keep their order and are never repeated within it;
 * sockets are cut, fall silent in one or both directions, and a site can be cut off. A frame may arrive on an old
 * socket after its client has come back on a new one: that is how an update reaches a server twice.
 */
export class SimNetwork {
  readonly #scheduler: SimScheduler;
  readonly #random: SimRandom;
  readonly #latency: SimLatency;
  readonly #events: LinkEvents;
  readonly #farewells: boolean;
  readonly #links = new Set<Link>();
  readonly #away = new Set<string>();
  #listener: SimListener | undefined;
  #count = 0;

  constructor(options: {
    readonly scheduler: SimScheduler;
    readonly random: SimRandom;
    readonly latency: SimLatency;
    readonly events: LinkEvents;
    /**
     * Whether a socket that a program closed right before its own end is closed with its code at the other side too;
     * else the word is mostly lost.
     */
    readonly farewells?: boolean;
  }) {
    this.#scheduler = options.scheduler;
    this.#random = options.random;
    this.#latency = options.latency;
    this.#events = options.events;
    this.#farewells = options.farewells ?? false;
  }

  /** From now on sockets reach this server. */
  listen(listener: SimListener): void {
    this.#listener = listener;
  }

  /** The server's process is gone: its host resets every socket, and refuses new ones. */
  unlisten(): void {
    this.#listener = undefined;
    for (const link of this.#links) link.serverGone();
  }

  /**
   * Opens a socket for the present process.
   * @param site who opens it: faults are per site
   * @param sending what becomes of each frame that the client sends: itself, unless a bug is planted here
   * @param protocol the subprotocol that it offers, and the server takes
   */
  connect(site: string, sending?: Sending, protocol = ''): SimSocket {
    const client = this.#scheduler.current;
    if (client === undefined) throw new Error('Only a process opens a socket.');
    this.#count += 1;
    const random = this.#random.fork(`link ${this.#count}`);
    const socket = new SimSocket(sending, protocol);
    const link = new Link({
      id: this.#count,
      site,
      scheduler: this.#scheduler,
      random,
      latency: this.#latency,
      events: { ...this.#events, ended: (ended) => this.#ended(ended) },
      socket,
      client,
      farewells: this.#farewells,
    });
    socket.attach(link);
    this.#links.add(link);
    if (this.#away.has(site)) {
      link.silence('both');
      return socket;
    }
    this.#scheduler.after(link.delay(), () => this.#arrive(link), client);
    return socket;
  }

  /** Hangs up every socket whose client was killed. */
  reap(): void {
    for (const link of this.#links) if (!link.clientAlive) link.clientGone();
  }

  /** Cuts the sockets of a site: what was on its way is lost from some frame on. */
  cut(site: string): void {
    for (const link of this.#of(site)) link.cut();
  }

  /**
   * The clients of a site are told that their sockets have ended; what they had sent arrives after so many
   * milliseconds, when they may have come back long since.
   */
  linger(site: string, ms: number): void {
    for (const link of this.#of(site)) link.linger(ms);
  }

  /**
   * The sockets of a site go silent, and say nothing of it.
   * @param which `up`: the server hears nothing; `down`: the client hears nothing
   */
  silence(site: string, which: 'up' | 'down' | 'both'): void {
    for (const link of this.#of(site)) {
      link.silence(which);
      this.#scheduler.after(SILENCE_MAX, () => link.cut(), 'nobody');
    }
  }

  /** The clients of a site stop reading; their sockets stay open, and what they send still leaves. */
  stall(site: string): void {
    for (const link of this.#of(site)) link.down.stall();
  }

  /** They read again. */
  read(site: string): void {
    for (const link of this.#of(site)) link.down.read();
  }

  /** A site is cut off: its sockets go silent, and new ones reach nobody. */
  leave(site: string): void {
    this.#away.add(site);
    this.silence(site, 'both');
  }

  /** A site is back, and its silent sockets go on where they stopped, with everything that was held. */
  return(site: string): void {
    this.#away.delete(site);
    for (const link of this.#of(site)) {
      if (link.opened) link.speak();
      else link.cut();
    }
  }

  /** Nothing is on its way. */
  get idle(): boolean {
    for (const link of this.#links) if (!link.idle) return false;
    return true;
  }

  #of(site: string): Link[] {
    return [...this.#links].filter((link) => link.site === site);
  }

  #arrive(link: Link): void {
    const listener = this.#listener;
    if (link.over) return;
    if (this.#away.has(link.site)) link.silence('both');
    else if (listener === undefined || !listener.process.alive) link.refuse();
    else link.accept(listener);
  }

  #ended(link: Link): void {
    this.#links.delete(link);
    this.#events.ended?.(link);
  }
}
