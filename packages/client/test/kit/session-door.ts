import {
  SESSION_PROTOCOL,
  type Sequenced,
  type SessionFrame,
  SessionWindow,
  decodeSessionFrame,
  encodeDataHead,
  encodeSessionFrame,
} from '@weft/protocol';
import type { SocketLike } from '../../src/index.ts';
import type { ScriptedServer } from './scripted-server.ts';

/** What a client opened, over all links that carry it. */
interface DoorSession {
  readonly window: SessionWindow;
  /** Hands a message to the scripted server. */
  readonly hand: (message: Uint8Array<ArrayBuffer>) => void;
  link: DoorLink | undefined;
}

/**
 * Stands before a scripted server and speaks `weft.1`: each session is one of the server's sockets. Links are cut, and
 * fall silent, as the test says.
 */
export class SessionDoor {
  /** Links in the order they were dialled. */
  readonly links: DoorLink[] = [];
  /** Tokens that came with a resumption, in order. */
  readonly tokens: string[] = [];
  /** `false`: what is dialled never opens, as without a network. */
  reachable = true;
  /** What a new WebSocket is told that the server chose. */
  protocol = SESSION_PROTOCOL;
  readonly server: ScriptedServer;
  readonly #sessions = new Map<string, DoorSession>();
  #secrets = 0;

  constructor(server: ScriptedServer) {
    this.server = server;
  }

  readonly connect = (_url: string, protocol: string): SocketLike => {
    if (protocol !== SESSION_PROTOCOL) throw new Error('Sessions are offered.');
    if (this.protocol !== SESSION_PROTOCOL) return this.server.connect();
    const link = new DoorLink(this);
    this.links.push(link);
    this.server.changed();
    return link.client;
  };

  /** The newest link. */
  get link(): DoorLink {
    const link = this.links.at(-1);
    if (link === undefined) throw new Error('Nobody connected yet.');
    return link;
  }

  /** The server starts anew: every link is cut, and no session is known. */
  restart(): void {
    this.#sessions.clear();
    for (const link of this.links) link.cut();
  }

  open(link: DoorLink): DoorSession {
    const socket = this.server.connect();
    const window = new SessionWindow();
    const session: DoorSession = { window, link, hand: (message) => socket.send(message) };
    socket.onmessage = ({ data }) => {
      if (!(data instanceof Uint8Array)) throw new Error('Sessions carry bytes.');
      for (const frame of window.send(data.slice())) session.link?.write(frame);
    };
    link.say({ type: 'opened', secret: this.#keep(session) });
    return session;
  }

  resume(
    link: DoorLink,
    asked: Extract<SessionFrame, { type: 'resume' }>,
  ): DoorSession | undefined {
    this.tokens.push(asked.token);
    const session = this.#sessions.get(asked.secret);
    this.#sessions.delete(asked.secret);
    const missing = session?.window.missing(asked.received);
    if (session === undefined || missing === undefined) {
      link.say({ type: 'refused', code: 'session-over' });
      return undefined;
    }
    session.link = link;
    const { received } = session.window;
    link.attach(session);
    link.say({ type: 'resumed', secret: this.#keep(session), received });
    for (const frame of missing) link.write(frame);
    return session;
  }

  #keep(session: DoorSession): string {
    this.#secrets += 1;
    const secret = `secret ${this.#secrets}`;
    this.#sessions.set(secret, session);
    return secret;
  }
}

/** The server's end of one WebSocket. */
export class DoorLink {
  readonly client: SocketLike;
  /** What has arrived from the client. */
  readonly heard: SessionFrame[] = [];
  /** The code with which the client closed. */
  code: number | undefined;
  readonly #door: SessionDoor;
  readonly #muted = { up: false, down: false };
  #session: DoorSession | undefined;
  #over = false;
  #cutAfter = Number.POSITIVE_INFINITY;

  constructor(door: SessionDoor) {
    this.#door = door;
    const state = { ready: 0 };
    this.client = {
      binaryType: 'blob',
      get readyState() {
        return state.ready;
      },
      protocol: SESSION_PROTOCOL,
      onopen: null,
      onmessage: null,
      onclose: null,
      onerror: null,
      send: (data) => {
        const copy = data.slice();
        queueMicrotask(() => this.#receive(copy));
      },
      close: (code) => {
        state.ready = 3;
        this.#end();
        this.code = code;
        this.#door.server.changed();
      },
    };
    queueMicrotask(() => {
      if (this.#over || !door.reachable) return;
      state.ready = 1;
      this.client.onopen?.();
    });
  }

  /** Half-open: what is said one way, or both, reaches nobody, and neither side is told. */
  mute(way: 'up' | 'down' | 'both'): void {
    if (way !== 'down') this.#muted.up = true;
    if (way !== 'up') this.#muted.down = true;
  }

  /** The connection drops; the client is told. */
  cut(code = 1006): void {
    if (this.#over) return;
    this.#end();
    this.client.onclose?.({ code, reason: '' });
  }

  /** It drops once so many more frames have arrived: those behind them are lost. */
  cutAfter(frames: number): void {
    this.#cutAfter = frames;
  }

  attach(session: DoorSession): void {
    this.#session = session;
  }

  say(frame: Exclude<SessionFrame, { type: 'data' }>): void {
    this.#deliver(encodeSessionFrame(frame));
  }

  /** Delivers raw data. */
  deliver(data: unknown): void {
    queueMicrotask(() => {
      if (!this.#over && !this.#muted.down) this.client.onmessage?.({ data });
    });
  }

  write(frame: Sequenced): void {
    const received = this.#session?.window.acknowledge() ?? 0;
    const head = encodeDataHead(frame, frame.sequence, received);
    this.#deliver(Uint8Array.from([...head, ...frame.payload]));
  }

  #deliver(bytes: Uint8Array): void {
    this.deliver(bytes);
  }

  #end(): void {
    this.#over = true;
    if (this.#session?.link === this) this.#session.link = undefined;
  }

  #receive(bytes: Uint8Array): void {
    if (this.#over || this.#muted.up) return;
    const frame = decodeSessionFrame(bytes);
    this.heard.push(frame);
    this.#answer(frame);
    this.#cutAfter -= 1;
    if (this.#cutAfter === 0) this.cut();
    this.#door.server.changed();
  }

  #answer(frame: SessionFrame): void {
    const session = this.#session;
    if (frame.type === 'open') this.#session = this.#door.open(this);
    if (frame.type === 'resume') this.#session = this.#door.resume(this, frame);
    if (session === undefined) return;
    const { window } = session;
    if (frame.type === 'data') {
      const { message, ackDue } = window.receive(frame);
      if (message !== undefined) session.hand(message.slice());
      if (ackDue) this.say({ type: 'ack', received: window.acknowledge() });
    }
    if (frame.type === 'ack' || frame.type === 'ping') window.acknowledged(frame.received);
    if (frame.type === 'ping') this.say({ type: 'pong', received: window.acknowledge() });
  }
}
