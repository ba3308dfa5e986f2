import {
  type ConnectionEvent,
  type ConnectionState,
  type ErrorCode,
  WeftError,
  type Welcome,
  connectionNext,
} from '@weft/protocol';
import type { ConnectionStatus, Environment, SocketLike, TokenSource } from './api.ts';
import { type Signal, signal } from './observable.ts';
import { parts } from './parts.ts';
import type { Session, SessionEnd, SessionHandlers } from './session.ts';

export interface ConnectionHandlers extends Pick<SessionHandlers, 'message' | 'frame'> {
  /** A session's first welcome: whether it may go on. Resolves with the code of a refusal of ours. */
  admit(welcome: Welcome): Promise<ErrorCode | undefined>;
  /** Frames may be sent from now on. */
  online(): void;
  /** Frames that are sent wait: the link is gone, and the session may go on on another. */
  cut(): void;
  /** It goes on after a cut, with everything that was missed. */
  resumed(): void;
  /** Frames may not be sent any more. Called once after each `online`, also out of a cut. */
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
  /** Of the session that is there now. */
  #link: 'live' | 'cut' = 'live';
  /** Stands for the present attempt: what an earlier one still waits for is dropped when it arrives. */
  #attempt: object = {};
  #cancelRetry: () => void = () => undefined;
  /** An open WebSocket of a session that is over, for the attempt under way. */
  #spare: SocketLike | undefined;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#unhurry = options.env.onHurry(() => {
      this.#dispatch({ type: 'hurry' });
      this.#session?.probe();
    });
  }

  /** Whether frames may be sent; where the link is cut, they wait for the next. */
  get online(): boolean {
    return isOnline(this.#state);
  }

  connect(): void {
    this.#dispatch({ type: 'connect' });
  }

  /** Somebody needs the server, which closed a connection that nobody needed. */
  wake(): void {
    const state = this.#state;
    if (state.state === 'waiting' && state.code === 'idle') this.#dispatch({ type: 'hurry' });
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
    // The socket that stands in the line is the one that is let in.
    if (!isOnline(state) && state.state !== 'queued') {
      this.#session?.close();
      this.#session = undefined;
      this.#attempt = {};
      if (isOnline(before)) this.#options.handlers.lost();
    }
    if (state.state !== 'connecting') this.#takeSpare()?.close(1000);
    switch (state.state) {
      case 'backoff':
      case 'waiting': {
        const wait = Math.max(0, state.retryAt - this.#options.env.now());
        this.#cancelRetry = this.#options.env.timer(wait, () => this.#dispatch({ type: 'hurry' }));
        break;
      }
      case 'connecting':
        void this.#begin(this.#attempt);
        break;
      case 'online':
        if (before.state === 'cut') this.#options.handlers.resumed();
        else this.#options.handlers.online();
        break;
      case 'cut':
        this.#options.handlers.cut();
        break;
      case 'idle':
      case 'queued':
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
    let part: { readonly Session: typeof Session };
    try {
      // The code that speaks with the server comes beside what it says first; without it, this attempt has failed.
      [token, id, part] = await Promise.all([
        typeof source === 'string' ? source : source(),
        device(),
        parts.session.load(),
      ]);
    } catch (error) {
      if (this.#attempt !== attempt) return;
      if (error instanceof WeftError) this.#ended({ end: 'denied', code: error.code });
      else this.#ended({ end: 'lost' });
      return;
    }
    if (this.#attempt !== attempt) return;
    this.#link = 'live';
    try {
      this.#session = new part.Session({
        env,
        url,
        device: id,
        token,
        renew: typeof source === 'string' ? undefined : async () => source(),
        spare: this.#takeSpare(),
        handlers: {
          welcome: (welcome) => {
            const { state } = this.#state;
            if (state === 'connecting' || state === 'queued') void this.#admit(attempt, welcome);
          },
          queued: ({ position, wait }) =>
            this.#dispatch({ type: 'queued', position, wait: wait ?? undefined }),
          message: handlers.message,
          frame: handlers.frame,
          link: (link) => {
            this.#link = link;
            this.#dispatch({ type: link === 'cut' ? 'cut' : 'resumed' });
          },
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
    else {
      this.#dispatch({ type: 'welcome', now: this.#options.env.now() });
      // Cut while the welcome was weighed: *online* would be said of a link that is gone, until the session gives up.
      if (this.#link === 'cut') this.#dispatch({ type: 'cut' });
    }
  }

  #takeSpare(): SocketLike | undefined {
    const spare = this.#spare;
    this.#spare = undefined;
    return spare;
  }

  #ended(end: SessionEnd): void {
    const { env } = this.#options;
    const at = { now: env.now(), random: env.random(), retryAfter: end.retryAfter };
    if (end.end === 'lost') {
      this.#spare = end.spare;
      this.#dispatch({ type: 'lost', link: end.spare !== undefined, ...at });
      return;
    }
    // A fixed token that expired stays expired: only a new client with a new one can come back.
    const final = end.code === 'token-expired' && typeof this.#options.token === 'string';
    this.#dispatch({ type: 'denied', code: end.code, final, ...at });
  }
}

function isOnline({ state }: ConnectionState): boolean {
  return state === 'online' || state === 'cut';
}

function toStatus(state: ConnectionState): ConnectionStatus {
  switch (state.state) {
    case 'idle':
      return { state: 'offline' };
    case 'backoff':
      return { state: 'offline', ...(state.code === undefined ? {} : { code: state.code }) };
    case 'waiting':
      return { state: 'waiting', until: state.retryAt, code: state.code };
    case 'queued': {
      const { position, wait } = state;
      return { state: 'queued', position, ...(wait === undefined ? {} : { wait }) };
    }
    case 'cut':
      return { state: 'connecting' };
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
  return (
    a.state === b.state &&
    codeOf(a) === codeOf(b) &&
    untilOf(a) === untilOf(b) &&
    (a.state !== 'queued' ||
      b.state !== 'queued' ||
      (a.position === b.position && a.wait === b.wait))
  );
}

function untilOf(status: ConnectionStatus): number | undefined {
  return 'until' in status ? status.until : undefined;
}

function codeOf(status: ConnectionStatus): ErrorCode | undefined {
  return 'code' in status ? status.code : undefined;
}
