import {
  type Arrival,
  type DataFrame,
  PRESENCE_BRIDGE_MS,
  SESSION_BRIDGE_MS,
  type Sequenced,
  SessionWindow,
  WeftError,
} from '@weft/protocol';
import type { Socket } from '../gateway/socket.ts';
import type { Transport } from '../gateway/transport.ts';
import { isAwareness } from './is-awareness.ts';
import type { SessionLink } from './session-link.ts';

type State =
  | { readonly state: 'attached'; readonly link: SessionLink }
  /** Without a link: what is said waits, until the client is back or the time is over. */
  | { readonly state: 'parked'; readonly timers: readonly NodeJS.Timeout[] }
  /** Closed from our side: what the client still says is read until its WebSocket is gone. */
  | { readonly state: 'closing'; readonly link: SessionLink }
  | { readonly state: 'over' };

/** What a session tells those who keep it. */
export interface SessionKeeper {
  /** It is known on whose device it is. @param before the device that it was on until now */
  identified(session: Session, before: string | undefined): void;
  /** Whether the device of a session has begun another one since so many milliseconds ago. */
  cameAgain(session: Session, ms: number): boolean;
  /** It holds so many bytes more, while it is parked. */
  grew(session: Session, bytes: number): void;
  parked(session: Session): void;
  /** It is parked no more: it goes on, or it is over. */
  left(session: Session): void;
  /** It is over. Called once. */
  ended(session: Session): void;
  /** A frame about presence was shed. */
  shed(): void;
}

/**
 * One session: for its socket a transport that does not break when a WebSocket does. It numbers what leaves and keeps it
 * until the client has it; without a link it goes on taking frames, so that documents and followers stay as they are.
 */
export class Session implements Transport {
  /** What resumes it; another one after each use. */
  secret: string;
  readonly window = new SessionWindow();
  readonly #keeper: SessionKeeper;
  readonly #socket: Socket;
  #state: State;
  /** The last sequence before rights were taken away. */
  #barrier = 0;
  /** Its person is not shown as present: they were away too long, or their device is here with another session. */
  #absent = false;
  #device: string | undefined;

  /** @param socket makes what reads the messages, with this session as its transport */
  constructor(options: {
    readonly secret: string;
    readonly link: SessionLink;
    readonly keeper: SessionKeeper;
    readonly socket: (transport: Transport) => Socket;
  }) {
    this.secret = options.secret;
    this.#keeper = options.keeper;
    this.#state = { state: 'attached', link: options.link };
    this.#socket = options.socket(this);
  }

  get socket(): Socket {
    return this.#socket;
  }

  /** Whose it is, and on which device; `undefined` while nobody has signed in. */
  get device(): string | undefined {
    return this.#device;
  }

  /** Whether it has a link. */
  get attached(): boolean {
    return this.#state.state === 'attached';
  }

  identified(device: string): void {
    const before = this.#device;
    // A hello under way may end after the session did: nobody would take it off its device any more.
    if (before === device || this.#state.state === 'over') return;
    this.#device = device;
    this.#keeper.identified(this, before);
  }

  /** Its device is here with another session: while this one is parked, its person would be shown twice. */
  replaced(): void {
    if (this.#state.state === 'parked') this.#hide();
  }

  /** RFC 6455, as the engine asks for it: open also while it is parked. */
  get readyState(): number {
    switch (this.#state.state) {
      case 'attached':
      case 'parked':
        return 1;
      case 'closing':
        return 2;
      case 'over':
        return 3;
      default: {
        const unreachable: never = this.#state;
        return unreachable;
      }
    }
  }

  send(data: string | ArrayBufferLike | Blob | ArrayBufferView): void {
    const state = this.#state;
    if (state.state !== 'attached' && state.state !== 'parked') return;
    if (!ArrayBuffer.isView(data)) throw new TypeError('Frames are bytes.');
    const message = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    if (state.state === 'attached') {
      for (const frame of this.window.send(message)) state.link.write(frame);
      return;
    }
    // Whoever comes back is told where everybody is then; what happened in between is of no use.
    if (isAwareness(message)) {
      this.#keeper.shed();
      return;
    }
    const { letGo, bytes } = this.window;
    this.window.send(message);
    // What was let go cannot be brought any more: nobody will go on with this session.
    if (this.window.letGo > letGo) this.end();
    else this.#keeper.grew(this, this.window.bytes - bytes);
  }

  drained(): Promise<void> {
    const state = this.#state;
    return state.state === 'attached' ? state.link.drained() : Promise.resolve();
  }

  queued(): number {
    return this.#state.state === 'attached' ? this.#state.link.queued() : 0;
  }

  pause(): void {
    if (this.#state.state === 'attached') this.#state.link.pause();
  }

  resume(): void {
    if (this.#state.state === 'attached') this.#state.link.resume();
  }

  /** A client that lacks anything sent up to now does not go on: rights to some of it are gone. */
  barrier(): void {
    this.#barrier = this.window.sent;
  }

  close(code?: number, reason?: string): void {
    const state = this.#state;
    if (state.state === 'parked') {
      this.end();
    } else if (state.state === 'attached') {
      this.#state = { state: 'closing', link: state.link };
      state.link.close(code, reason);
    }
  }

  /** A data frame arrived on its link. @throws WeftError `session-gap`, `frame-invalid` */
  receive(frame: DataFrame): Arrival {
    return this.window.receive(frame);
  }

  /**
   * Its link is gone.
   * @param silence milliseconds since anything arrived on it
   */
  unlink(link: SessionLink, code: number, silence: number): void {
    const state = this.#state;
    if (state.state === 'closing' && state.link === link) this.end(code);
    if (state.state !== 'attached' || state.link !== link) return;
    // Whoever closes says that they do not come back, and whoever is not signed in has nothing to come back to.
    if (code === 1000 || code === 1001 || !this.#socket.known) this.end(code);
    else this.#park(silence);
  }

  /**
   * Its client comes back on another link, perhaps before the end of this one was noticed.
   * @throws WeftError `session-over` when there is nothing to come back to
   */
  detach(): void {
    const state = this.#state;
    if (state.state === 'attached') {
      this.#park(0);
      state.link.drop();
    } else if (state.state !== 'parked') {
      throw new WeftError('session-over');
    }
  }

  /**
   * Goes on on another link. Returns what the client lacks, which has to be written at once.
   * @throws WeftError `session-over` when it ended meanwhile, or lacks something itself
   */
  attach(link: SessionLink, secret: string, received: number): readonly Sequenced[] {
    const state = this.#state;
    const missing = this.window.missing(received);
    if (state.state !== 'parked' || missing === undefined || received < this.#barrier)
      throw new WeftError('session-over');
    for (const timer of state.timers) clearTimeout(timer);
    this.secret = secret;
    this.#state = { state: 'attached', link };
    this.#keeper.left(this);
    return missing;
  }

  /** After `attach`: everybody is told of each other again, as far as they were not. */
  returned(): void {
    const absent = this.#absent;
    this.#absent = false;
    this.#socket.returned(absent);
  }

  /**
   * It is over: nobody can go on with it. Idempotent.
   * @param code of the WebSocket's close; 1006 where its client may still come back, to another session
   */
  end(code = 1006): void {
    const state = this.#state;
    if (state.state === 'over') return;
    this.#state = { state: 'over' };
    if (state.state === 'parked') {
      for (const timer of state.timers) clearTimeout(timer);
      this.#keeper.left(this);
    }
    this.#keeper.ended(this);
    this.#socket.closed(code);
  }

  #hide(): void {
    if (this.#absent) return;
    this.#absent = true;
    this.#socket.absent();
  }

  #park(silence: number): void {
    const shown = Math.max(0, PRESENCE_BRIDGE_MS - silence);
    const timers = [
      setTimeout(() => this.#hide(), shown),
      // It was waited for as long as it may be.
      setTimeout(() => this.end(1001), SESSION_BRIDGE_MS),
    ];
    for (const timer of timers) timer.unref();
    this.#state = { state: 'parked', timers };
    this.#socket.parked();
    if (this.#keeper.cameAgain(this, silence)) this.replaced();
    this.#keeper.parked(this);
  }
}
