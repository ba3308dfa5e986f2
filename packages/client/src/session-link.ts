import {
  HEARTBEAT,
  LINK_GIVEN_UP,
  type Pulse,
  SESSION_PROTOCOL,
  type SessionFrame,
  WeftError,
  decodeSessionFrame,
  encodeSessionFrame,
  firstPulse,
  heartbeat,
  pulseHeard,
  pulseSaid,
} from '@weft/protocol';
import type { Environment, SocketLike } from './api.ts';
import { report } from './observable.ts';

export interface LinkHandlers {
  /** The WebSocket is open. */
  opened(): void;
  /** @throws WeftError when it is out of place: the link is broken then */
  frame(frame: SessionFrame): void;
  /** Something arrived that cannot be read: it is closed, and its session with it. Nothing more is heard of it. */
  broken(): void;
  /** The WebSocket is gone, or as good as gone. Nothing more is heard of it. @param code of its close (RFC 6455) */
  gone(code: number): void;
}

/** One WebSocket that carries a session, or asks for one: reads its frames, and finds out when it is dead. */
export class SessionLink {
  readonly #raw: SocketLike;
  readonly #env: Environment;
  readonly #handlers: LinkHandlers;
  #pulse: Pulse;
  /** What a ping acknowledges; nothing before a session is on the link. */
  #received: (() => number) | undefined;
  #cancel: () => void = () => undefined;

  /** @param raw may be open already: then `opened` is called in a later microtask */
  constructor(raw: SocketLike, env: Environment, handlers: LinkHandlers) {
    this.#raw = raw;
    this.#env = env;
    this.#handlers = handlers;
    this.#pulse = firstPulse(env.now());
    raw.binaryType = 'arraybuffer';
    raw.onmessage = ({ data }) => this.#receive(data);
    raw.onclose = ({ code }) => {
      this.#leave();
      handlers.gone(code);
    };
    // Every error is followed by a close, which tells us what we need to know.
    raw.onerror = () => undefined;
    if (raw.readyState === 1) {
      queueMicrotask(() => {
        if (this.#raw.onmessage !== null) handlers.opened();
      });
    } else raw.onopen = () => handlers.opened();
  }

  /** Whether the server chose sessions. */
  get speaksSessions(): boolean {
    return this.#raw.protocol === SESSION_PROTOCOL;
  }

  write(frame: Uint8Array<ArrayBuffer>): void {
    if (this.#raw.readyState !== 1) return;
    this.#pulse = pulseSaid(this.#pulse, this.#env.now());
    this.#raw.send(frame);
  }

  /** A session is on it: from now on the server is asked for signs of life. @param received what a ping acknowledges */
  watch(received: () => number): void {
    this.#received = received;
    this.#beat();
  }

  /** Asks for a sign of life now; without one the link is dead. */
  ping(): void {
    const { asked } = this.#pulse;
    if (this.#received === undefined || asked !== undefined) return;
    this.#say(this.#received);
    this.#beat();
  }

  /** Closes it without a word to the handlers. @param code 1000 and 1001 end the session too */
  drop(code: number = LINK_GIVEN_UP): void {
    this.#leave();
    this.#raw.close(code);
  }

  /** Gives the open WebSocket away. Nothing more is heard of it here. */
  release(): SocketLike {
    this.#leave();
    return this.#raw;
  }

  #receive(data: unknown): void {
    this.#pulse = pulseHeard(this.#pulse, this.#env.now());
    try {
      this.#handlers.frame(decodeSessionFrame(toBytes(data)));
    } catch (error) {
      // What cannot be read may have been anything: the session cannot go on without it.
      if (!(error instanceof WeftError)) report(error);
      this.drop(1000);
      this.#handlers.broken();
    }
  }

  /** Acts on what the pulse asks for, and looks again when it may ask for more. */
  #beat(): void {
    const received = this.#received;
    if (received === undefined) return;
    this.#cancel();
    const beat = heartbeat(this.#pulse, this.#env.now());
    if (beat.beat === 'dead') {
      // A socket whose other end is gone without a word says for minutes that it is open.
      this.drop();
      this.#handlers.gone(1006);
      return;
    }
    if (beat.beat === 'ping') this.#say(received);
    const wait = beat.beat === 'ping' ? HEARTBEAT.answer : beat.ms;
    this.#cancel = this.#env.timer(wait, () => this.#beat());
  }

  #say(received: () => number): void {
    this.#pulse = pulseSaid(this.#pulse, this.#env.now(), true);
    this.#raw.send(encodeSessionFrame({ type: 'ping', received: received() }));
  }

  #leave(): void {
    this.#received = undefined;
    this.#cancel();
    this.#raw.onopen = null;
    this.#raw.onmessage = null;
    this.#raw.onclose = null;
  }
}

/** @throws WeftError `frame-invalid` for text frames: all of ours are bytes */
export function toBytes(data: unknown): Uint8Array {
  if (data instanceof Uint8Array) return data;
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  throw new WeftError('frame-invalid');
}
