import { Direction } from './direction.ts';
import type { SimEndpoint, SimLatency, SimListener, SimTransport } from './network.ts';
import type { SimRandom } from './random.ts';
import type { SimProcess, SimScheduler } from './scheduler.ts';
import type { SimSocket } from './socket.ts';

/** What a watcher of the network sees. */
export interface LinkEvents {
  /** A frame was handed to the network. */
  readonly sent?: (link: Link, way: 'up' | 'down', frame: Uint8Array) => void;
  /** A frame has arrived. Called before the receiver is. */
  readonly arrived?: (link: Link, way: 'up' | 'down', frame: Uint8Array) => void;
  /** The server sent something, and its client is gone already. */
  readonly unheard?: (link: Link) => void;
  readonly ended?: (link: Link) => void;
  /** The server's side is gone: it knows that this one has ended, and how, or is dead itself. */
  readonly left?: (link: Link, code: number) => void;
}

/** The code of an end that nobody announced. */
const UNSAID = 1006;

interface LinkOptions {
  readonly id: number;
  readonly site: string;
  readonly scheduler: SimScheduler;
  readonly random: SimRandom;
  readonly latency: SimLatency;
  readonly events: LinkEvents;
  readonly socket: SimSocket;
  readonly client: SimProcess;
  readonly farewells: boolean;
}

type Server =
  | { readonly state: 'none' }
  | {
      readonly state: 'open' | 'closing';
      readonly endpoint: SimEndpoint;
      readonly process: SimProcess;
    }
  | { readonly state: 'closed' };

/** One socket: two ends, two ways. Either end may be told of its end at another time than the other. */
export class Link {
  readonly id: number;
  readonly site: string;
  readonly up: Direction;
  readonly down: Direction;
  readonly #options: LinkOptions;
  #server: Server = { state: 'none' };
  #clientOver = false;
  #heard: number;
  #refused = false;
  /** The client's program has closed it, and its host says so whatever becomes of the program. */
  #closing = false;

  constructor(options: LinkOptions) {
    this.#options = options;
    this.id = options.id;
    this.site = options.site;
    const { scheduler, random, events } = options;
    this.#heard = scheduler.now;
    const delay = () => this.delay();
    this.up = new Direction({
      scheduler,
      random,
      delay,
      receiver: () =>
        this.#server.state === 'open' || this.#server.state === 'closing'
          ? this.#server.process
          : undefined,
      sent: (frame) => events.sent?.(this, 'up', frame),
      deliver: (frame) => {
        if (this.#server.state !== 'open' && this.#server.state !== 'closing') return;
        this.#heard = scheduler.now;
        events.arrived?.(this, 'up', frame);
        this.#server.endpoint.receive(frame);
      },
      finished: (code) => this.#endServer(code),
    });
    this.down = new Direction({
      scheduler,
      random,
      delay,
      receiver: () => options.client,
      sent: (frame) => events.sent?.(this, 'down', frame),
      deliver: (frame) => {
        events.arrived?.(this, 'down', frame);
        options.socket.receive(frame);
      },
      finished: (code) => {
        this.#endClient(code);
        this.up.finish();
      },
    });
  }

  /** The subprotocol that both ends speak; nothing where there is none. */
  get protocol(): string {
    return this.#options.socket.protocol;
  }

  /** Milliseconds that the next frame takes. Now and then one is late. */
  delay(): number {
    const { random, latency } = this.#options;
    const late = random.chance(0.03) ? 10 : 1;
    return (latency.min + (latency.max - latency.min) * random.next()) * late;
  }

  /** The server took it. */
  get opened(): boolean {
    return this.#server.state !== 'none';
  }

  /** Both ends know that it is over. */
  get over(): boolean {
    return this.#clientOver && this.#server.state !== 'open' && this.#server.state !== 'closing';
  }

  get idle(): boolean {
    return this.up.idle && this.down.idle;
  }

  accept(listener: SimListener): void {
    const { scheduler, socket, client } = this.#options;
    if (this.#clientOver || this.#refused || this.opened) return;
    const { process } = listener;
    const transport = transportOf({
      queued: () => this.down.queued,
      // In a turn of the server's own: what it does then must die with it.
      drained: () =>
        this.down.queued === 0
          ? Promise.resolve()
          : new Promise((resolve) => {
              this.down.whenDrained(() => void scheduler.after(0, resolve, process));
            }),
      readyState: () => this.#readyState,
      send: (data) => {
        if (this.#server.state !== 'open') return;
        if (!(data instanceof Uint8Array)) throw new TypeError('Frames are bytes.');
        if (this.#clientOver) this.#options.events.unheard?.(this);
        else this.down.send(data);
      },
      close: (code) => {
        if (this.#server.state !== 'open') return;
        this.#server = { ...this.#server, state: 'closing' };
        this.down.finish(code);
      },
    });
    scheduler.after(
      0,
      () => {
        if (this.#clientOver || this.#refused || this.opened) return;
        this.#server = {
          state: 'open',
          endpoint: listener.accept(transport, this),
          process: listener.process,
        };
        scheduler.after(this.delay(), () => socket.opened(), client);
      },
      listener.process,
    );
  }

  /** Nobody listens, or the way is cut before anybody took it: then nobody does any more. */
  refuse(): void {
    this.#refused = true;
    const { scheduler, client } = this.#options;
    scheduler.after(this.delay(), () => this.#endClient(1006), client);
  }

  closeByClient(code: number): void {
    const { scheduler, client } = this.#options;
    this.#closing = this.#options.farewells;
    if (this.opened) this.up.finish(code);
    scheduler.after(0, () => this.#endClient(code), client);
  }

  silence(which: 'up' | 'down' | 'both'): void {
    if (which !== 'down') this.up.silence();
    if (which !== 'up') this.down.silence();
  }

  speak(): void {
    this.up.speak();
    this.down.speak();
  }

  cut(): void {
    if (this.over) return;
    if (!this.opened) {
      this.refuse();
      return;
    }
    this.up.cut();
    this.down.cut();
  }

  /** The client is told of the end now, and the server gets what was on its way after so many milliseconds. */
  linger(ms: number): void {
    if (this.over || !this.opened) return;
    this.up.silence();
    this.down.cut();
    this.#options.scheduler.after(
      ms,
      () => {
        this.up.speak();
        this.up.finish();
      },
      'nobody',
    );
  }

  /** The server's process is gone: its host says so, unless the way is silent. */
  serverGone(): void {
    this.up.stop();
    const { state } = this.#server;
    this.#server = { state: 'closed' };
    if (state === 'open' || state === 'closing') this.#options.events.left?.(this, UNSAID);
    if (this.#clientOver) this.#ended();
    else this.down.cut();
  }

  /** The client's process is gone: its host hangs up, behind what had left it. */
  clientGone(): void {
    if (this.#clientOver) return;
    this.#clientOver = true;
    this.down.stop();
    if (this.opened && !this.#closing) this.up.cut();
    if (this.over) this.#ended();
  }

  /** Whether its client's process still runs. */
  get clientAlive(): boolean {
    return this.#options.client.alive;
  }

  get #readyState(): number {
    switch (this.#server.state) {
      case 'none':
        return 0;
      case 'open':
        return 1;
      case 'closing':
        return 2;
      case 'closed':
        return 3;
      default: {
        const unreachable: never = this.#server;
        return unreachable;
      }
    }
  }

  #endClient(code: number): void {
    if (this.#clientOver) return;
    this.#clientOver = true;
    this.down.stop();
    if (this.#options.client.alive) this.#options.socket.ended(code);
    if (this.over) this.#ended();
  }

  #endServer(code: number): void {
    const server = this.#server;
    if (server.state !== 'open' && server.state !== 'closing') return;
    this.#server = { state: 'closed' };
    this.#options.events.left?.(this, code);
    server.endpoint.closed(code, this.#options.scheduler.now - this.#heard);
    if (this.#clientOver) this.#ended();
    else this.down.cut();
  }

  #ended(): void {
    this.up.stop();
    this.down.stop();
    this.#options.events.ended?.(this);
  }
}

function transportOf(parts: {
  readonly readyState: () => number;
  readonly send: SimTransport['send'];
  readonly close: SimTransport['close'];
  readonly queued: () => number;
  readonly drained: () => Promise<void>;
}): SimTransport {
  return {
    get readyState() {
      return parts.readyState();
    },
    send: parts.send,
    close: parts.close,
    queued: parts.queued,
    drained: parts.drained,
  };
}
