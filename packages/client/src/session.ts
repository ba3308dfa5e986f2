import {
  type Down,
  type ErrorCode,
  FrameReader,
  MessageType,
  PROTOCOL_VERSION,
  type Queue,
  SESSION_PROTOCOL,
  WEFT_ADDRESS,
  WeftError,
  type Welcome,
  decodeDown,
  encodeWeft,
  isErrorCode,
} from '@weft/protocol';
import type { Environment, SocketLike } from './api.ts';
import { toBytes } from './session-link.ts';
import { SessionSocket } from './session-socket.ts';

/** Milliseconds. */
const TIMING = {
  /** From opening the socket to the welcome, or to a place in the line. */
  welcome: 15_000,
  /** Between two words about a place in the line: the server says one every 10 s. */
  queue: 25_000,
  /** How often silence is looked at. */
  watch: 5_000,
  /** Nothing heard for so long, with nothing asked: the socket is probed. */
  silence: 20_000,
  /** Nothing heard for so long after something was sent: it is probed too. */
  answer: 5_000,
  /** From the server's goodbye to its closing the socket: what it had read is still answered. */
  farewell: 10_000,
  /** A probe without any answer for so long: the socket is dead, whatever it says itself. */
  probe: 5_000,
  /** A token is renewed at the soonest after so long: a device whose clock is ahead must not ask all the time. */
  renew: 10_000,
} as const;

type TimerName = 'welcome' | 'watch' | 'probe' | 'renew' | 'farewell';

/** Share of a token's remaining life after which it is renewed. */
const RENEW_AT = 0.8;

/** Longest delay that timers of browsers and Node can hold. */
const TIMER_MAX = 2 ** 31 - 1;

/** Logged by the server; tells builds apart. */
const BUILD = 'weft-client 0.1.0';

/** Why a session ended. */
export type SessionEnd =
  | {
      readonly end: 'lost';
      readonly retryAfter?: number | undefined;
      /** An open WebSocket on which another session may begin. Whoever is told closes it otherwise. */
      readonly spare?: SocketLike | undefined;
    }
  | { readonly end: 'denied'; readonly code: ErrorCode; readonly retryAfter?: number | undefined };

export interface SessionHandlers {
  /** The first welcome, or one that answers a renewal. */
  welcome(welcome: Welcome): void;
  /** The server is full: a place in its line. The welcome comes on the same socket. */
  queued(queue: Queue): void;
  /** One of our own messages, those about the connection itself excepted. */
  message(message: Exclude<Down, { type: 'welcome' | 'queue' | 'bye' }>): void;
  /** What follows a document's address in a frame. Throws when it cannot be read. */
  frame(address: string, reader: FrameReader): void;
  /** The link was cut, and what is sent waits; or everything goes on, and what was missed is here. */
  link(link: 'cut' | 'live'): void;
  /** Called once, unless `close` was called first. */
  ended(end: SessionEnd): void;
}

export interface SessionOptions {
  readonly env: Environment;
  readonly url: string;
  readonly device: string;
  readonly token: string;
  /** Fetches a fresh token; `undefined` when there is only the one. */
  readonly renew: (() => Promise<string>) | undefined;
  /** An open WebSocket on which it may begin. */
  readonly spare?: SocketLike | undefined;
  readonly handlers: SessionHandlers;
}

/**
 * One socket, from opening it to its end: hello, renewals of the token, and watching that it lives, where the server
 * knows no sessions of `weft.1` that do so themselves.
 */
export class Session {
  readonly #options: SessionOptions;
  readonly #socket: SessionSocket;
  readonly #timers = new Map<TimerName, () => void>();
  #token: string;
  #over = false;
  #welcomed = false;
  /** How the session will end: the server said goodbye, and answers what it has read before it closes. */
  #leaving: SessionEnd | undefined;
  #lastHeard: number;
  /** When the oldest frame left after which nothing was heard. */
  #unansweredSince: number | undefined;

  /** @throws whatever `env.socket` throws for an address it cannot open */
  constructor(options: SessionOptions) {
    this.#options = options;
    this.#token = options.token;
    this.#lastHeard = options.env.now();
    const { env, url, spare } = options;
    this.#socket = new SessionSocket({
      env,
      dial: () => env.socket(url, SESSION_PROTOCOL),
      token: () => this.#freshToken(),
      spare,
    });
    this.#socket.onopen = () => this.#hello();
    this.#socket.onmessage = (event) => this.#receive(event.data);
    this.#socket.onclose = () => this.#closed();
    this.#socket.onlink = (link) => {
      // Whoever told us to go would not have us back, and where nobody signed in there is nothing to come back to.
      if (this.#leaving !== undefined) this.#end(this.#leaving);
      else if (!this.#welcomed) this.#end({ end: 'lost' });
      else options.handlers.link(link);
    };
    this.#arm('welcome', TIMING.welcome, () => this.#end({ end: 'lost' }));
  }

  /** Sends a frame; what cannot be sent any more is dropped: the next session starts from state vectors. */
  send(frame: Uint8Array<ArrayBuffer>): void {
    if (this.#over || this.#leaving !== undefined || this.#socket.readyState !== 1) return;
    this.#unansweredSince ??= this.#options.env.now();
    this.#socket.send(frame);
  }

  /** Asks for any answer: without one the session is lost. A socket may be dead for minutes before it says so. */
  probe(): void {
    if (this.#socket.isSession) {
      this.#socket.probe();
      return;
    }
    if (this.#over || !this.#welcomed || this.#leaving !== undefined) return;
    if (this.#timers.has('probe')) return;
    // The server answers a repeated hello with a welcome.
    this.#hello();
    this.#arm('probe', TIMING.probe, () => this.#end({ end: 'lost' }));
  }

  /** Closes the socket without a word to the handlers. Idempotent. */
  close(): void {
    if (this.#over) return;
    this.#finish();
  }

  #closed(): void {
    const spare = this.#socket.takeSpare();
    if (this.#leaving === undefined) this.#end({ end: 'lost', spare });
    else {
      spare?.close(1000);
      this.#end(this.#leaving);
    }
  }

  async #freshToken(): Promise<string> {
    const { renew } = this.#options;
    if (renew !== undefined) this.#token = await renew();
    return this.#token;
  }

  #hello(): void {
    this.send(
      encodeWeft({
        type: 'hello',
        protocol: PROTOCOL_VERSION,
        token: this.#token,
        device: this.#options.device,
        build: BUILD,
      }),
    );
  }

  #receive(data: unknown): void {
    if (this.#over) return;
    this.#lastHeard = this.#options.env.now();
    this.#unansweredSince = undefined;
    this.#disarm('probe');
    try {
      const bytes = toBytes(data);
      // Hocuspocus's sign of life to a silent socket is one byte, without an address.
      if (bytes.length === 1 && bytes[0] === MessageType.Ping) return;
      const reader = new FrameReader(bytes);
      const address = reader.string();
      if (address === WEFT_ADDRESS) this.#own(decodeDown(reader.decoder));
      else this.#options.handlers.frame(address, reader);
    } catch {
      // What cannot be read may have been anything: only a new session's state vectors tell what is missing.
      this.#end({ end: 'lost' });
    }
  }

  #own(message: Down): void {
    if (message.type === 'welcome') {
      this.#welcomed = true;
      this.#disarm('welcome');
      this.#armWatch();
      this.#armRenewal(message.expires);
      this.#options.handlers.welcome(message);
    } else if (message.type === 'queue') {
      this.#arm('welcome', TIMING.queue, () => this.#end({ end: 'lost' }));
      this.#options.handlers.queued(message);
    } else if (message.type === 'bye') {
      const { retryAfter } = message;
      const code: ErrorCode = isErrorCode(message.code) ? message.code : 'internal';
      const end: SessionEnd = { end: 'denied', code, retryAfter };
      if (code === 'shutting-down') this.#leave(end);
      else this.#end(end);
    } else {
      this.#options.handlers.message(message);
    }
  }

  /** The answers to what the server has read are still to come: sent again, they would only be asked for twice. */
  #leave(end: SessionEnd): void {
    this.#leaving = end;
    this.#arm('farewell', TIMING.farewell, () => this.#end(end));
  }

  #armWatch(): void {
    if (this.#socket.isSession) return;
    this.#arm('watch', TIMING.watch, () => {
      const now = this.#options.env.now();
      const unanswered = this.#unansweredSince === undefined ? 0 : now - this.#unansweredSince;
      if (now - this.#lastHeard >= TIMING.silence || unanswered >= TIMING.answer) this.probe();
      this.#armWatch();
    });
  }

  #armRenewal(expires: number | null): void {
    const { renew, env } = this.#options;
    this.#disarm('renew');
    if (expires === null || renew === undefined) return;
    const delay = Math.max(TIMING.renew, (expires - env.now()) * RENEW_AT);
    this.#arm('renew', Math.min(delay, TIMER_MAX), () => this.#renew(renew, expires));
  }

  #renew(renew: () => Promise<string>, expires: number): void {
    renew().then(
      (token) => {
        if (this.#over) return;
        this.#token = token;
        this.#hello();
      },
      (error: unknown) => {
        if (this.#over) return;
        if (error instanceof WeftError) this.#end({ end: 'denied', code: error.code });
        // No network to ask on: the old token still holds, and the server says when it no longer does.
        else this.#armRenewal(expires);
      },
    );
  }

  #arm(name: TimerName, ms: number, fire: () => void): void {
    this.#disarm(name);
    const cancel = this.#options.env.timer(ms, () => {
      this.#timers.delete(name);
      fire();
    });
    this.#timers.set(name, cancel);
  }

  #disarm(name: TimerName): void {
    this.#timers.get(name)?.();
    this.#timers.delete(name);
  }

  #end(end: SessionEnd): void {
    if (this.#over) return;
    this.#finish();
    this.#options.handlers.ended(end);
  }

  #finish(): void {
    this.#over = true;
    for (const cancel of this.#timers.values()) cancel();
    this.#timers.clear();
    this.#socket.onopen = null;
    this.#socket.onmessage = null;
    this.#socket.onclose = null;
    this.#socket.onlink = null;
    this.#socket.close(1000);
  }
}
