import {
  type ConnectionEvent,
  type ConnectionState,
  type ErrorCode,
  WeftError,
  type Welcome,
  connectionNext,
} from '@weft/protocol';
import type { ConnectionStatus, Environment, TokenSource } from './api.ts';
import { type Signal, signal } from './observable.ts';
import { Session, type SessionEnd, type SessionHandlers } from './session.ts';

export interface ConnectionHandlers extends Pick<SessionHandlers, 'message' | 'frame'> {
  /** A session's first welcome: whether it may go on. Resolves with the code of a refusal of ours. */
  admit(welcome: Welcome): Promise<ErrorCode | undefined>;
  /** Frames may be sent from now on. */
  online(): void;
  /** They may not any more. Called once after each `online`. */
  lost(): void;
}

export interface ConnectionOptions {
  readonly env: Environment;
  readonly url: string;
  readonly token: TokenSource;
  readonly device: () => Promise<string>;
  readonly handlers: ConnectionHandlers;
}

/**
 * Owns all connecting: every event changes the machine's state, then `#enter` acts on the state alone.
 * The machine is pure and lives in @weft/protocol.
 */
export class Connection {
  readonly status: Signal<ConnectionStatus> = signal(toStatus({ state: 'idle' }));
  readonly #options: ConnectionOptions;
  readonly #unhurry: () => void;
  #state: ConnectionState = { state: 'idle' };
  #session: Session | undefined;
  /** Stands for the present attempt: what an earlier one still waits for is dropped when it arrives. */
  #attempt: object = {};
  #cancelRetry: () => void = () => undefined;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#unhurry = options.env.onHurry(() => {
      this.#dispatch({ type: 'hurry' });
      this.#session?.probe();
    });
  }

  get online(): boolean {
    return this.#state.state === 'online';
  }

  connect(): void {
    this.#dispatch({ type: 'connect' });
  }

  disconnect(): void {
    this.#dispatch({ type: 'disconnect' });
  }

  send(frame: Uint8Array<ArrayBuffer>): void {
    this.#session?.send(frame);
  }

  /** Disconnects for good. Idempotent. */
  close(): void {
    this.#unhurry();
    this.disconnect();
  }

  #dispatch(event: ConnectionEvent): void {
    const before = this.#state;
    this.#state = connectionNext(before, event);
    if (this.#state !== before) this.#enter(before);
  }

  #enter(before: ConnectionState): void {
    const state = this.#state;
    this.#cancelRetry();
    if (state.state !== 'online') {
      this.#session?.close();
      this.#session = undefined;
      this.#attempt = {};
      if (before.state === 'online') this.#options.handlers.lost();
    }
    switch (state.state) {
      case 'backoff': {
        const wait = Math.max(0, state.retryAt - this.#options.env.now());
        this.#cancelRetry = this.#options.env.timer(wait, () => this.#dispatch({ type: 'hurry' }));
        break;
      }
      case 'connecting':
        void this.#begin(this.#attempt);
        break;
      case 'online':
        this.#options.handlers.online();
        break;
      case 'idle':
      case 'denied':
        break;
      default: {
        const unreachable: never = state;
        return unreachable;
      }
    }
    this.#tell();
  }

  #tell(): void {
    const next = toStatus(this.#state);
    if (!sameStatus(this.status.get(), next)) this.status.set(next);
  }

  async #begin(attempt: object): Promise<void> {
    const { env, token: source, url, device, handlers } = this.#options;
    let token: string;
    let id: string;
    try {
      [token, id] = await Promise.all([typeof source === 'string' ? source : source(), device()]);
    } catch (error) {
      if (this.#attempt !== attempt) return;
      if (error instanceof WeftError) this.#ended({ end: 'denied', code: error.code });
      else this.#ended({ end: 'lost' });
      return;
    }
    if (this.#attempt !== attempt) return;
    try {
      this.#session = new Session({
        env,
        url,
        device: id,
        token,
        renew: typeof source === 'string' ? undefined : async () => source(),
        handlers: {
          welcome: (welcome) => {
            if (this.#state.state === 'connecting') void this.#admit(attempt, welcome);
          },
          message: handlers.message,
          frame: handlers.frame,
          ended: (end) => this.#ended(end),
        },
      });
    } catch {
      // The address was checked at the start: what throws here is a platform that has no sockets just now.
      this.#ended({ end: 'lost' });
    }
  }

  async #admit(attempt: object, welcome: Welcome): Promise<void> {
    const refusal = await this.#options.handlers.admit(welcome);
    if (this.#attempt !== attempt) return;
    if (refusal !== undefined) this.#ended({ end: 'denied', code: refusal });
    else this.#dispatch({ type: 'welcome', now: this.#options.env.now() });
  }

  #ended(end: SessionEnd): void {
    const { env } = this.#options;
    const at = { now: env.now(), random: env.random(), retryAfter: end.retryAfter };
    if (end.end === 'lost') {
      this.#dispatch({ type: 'lost', ...at });
      return;
    }
    // A fixed token that expired stays expired: only a new client with a new one can come back.
    const final = end.code === 'token-expired' && typeof this.#options.token === 'string';
    this.#dispatch({ type: 'denied', code: end.code, final, ...at });
  }
}

function toStatus(state: ConnectionState): ConnectionStatus {
  switch (state.state) {
    case 'idle':
      return { state: 'offline' };
    case 'backoff':
      return { state: 'offline', ...(state.code === undefined ? {} : { code: state.code }) };
    case 'connecting':
      return { state: 'connecting', ...(state.code === undefined ? {} : { code: state.code }) };
    case 'online':
      return { state: 'online' };
    case 'denied':
      return state.code === 'protocol-unsupported'
        ? { state: 'outdated' }
        : { state: 'revoked', code: state.code };
    default: {
      const unreachable: never = state;
      return unreachable;
    }
  }
}

function sameStatus(a: ConnectionStatus, b: ConnectionStatus): boolean {
  return a.state === b.state && codeOf(a) === codeOf(b);
}

function codeOf(status: ConnectionStatus): ErrorCode | undefined {
  return 'code' in status ? status.code : undefined;
}
