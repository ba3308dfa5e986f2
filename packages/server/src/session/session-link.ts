import {
  type ErrorCode,
  PART_BYTES,
  type Sequenced,
  WeftError,
  decodeSessionFrame,
  encodeDataHead,
  encodeSessionFrame,
  errorDefinition,
} from '@weft/protocol';
import type { Endpoint } from '../gateway/endpoint.ts';
import type { ByeOptions } from '../gateway/line.ts';
import type { Transport } from '../gateway/transport.ts';
import { type Logger, reasonOf } from '../logger.ts';
import type { Session } from './session.ts';

/** Bytes of a frame around its part of a message, or around a token. */
const FRAME_MAX_BYTES = PART_BYTES + 64;

/** Bytes of messages in parts that may wait before anybody has signed in. */
const UNKNOWN_MAX_BYTES = 64 * 1024;

/** What a link asks of the server. */
export interface LinkHost {
  readonly logger: Logger;
  /** A session begins on a link. */
  open(link: SessionLink): Session;
  /**
   * A client wants to go on. Resolves with the session, detached from any other link, when it may.
   * @throws WeftError when it may not
   */
  resume(secret: string, token: string): Promise<Session>;
  /**
   * It goes on here, with a new secret. Returns what the client lacks.
   * @throws WeftError when it cannot
   */
  attach(session: Session, link: SessionLink, received: number): readonly Sequenced[];
  /** A client could not go on. */
  refused(): void;
}

type State =
  /** Nothing was said yet, or a resumption was refused. */
  | { readonly state: 'new' }
  | { readonly state: 'resuming' }
  | { readonly state: 'bound'; readonly session: Session }
  | { readonly state: 'closed' };

/** One WebSocket of the subprotocol `weft.1`: carries a session as long as it lasts. */
export class SessionLink implements Endpoint {
  readonly #wire: Transport;
  readonly #host: LinkHost;
  #state: State = { state: 'new' };
  #leaving = false;

  constructor(wire: Transport, host: LinkHost) {
    this.#wire = wire;
    this.#host = host;
  }

  get known(): boolean {
    return this.#state.state === 'bound' && this.#state.session.socket.known;
  }

  get waiting(): boolean {
    return this.#state.state === 'bound' && this.#state.session.socket.waiting;
  }

  get idle(): number {
    return this.#state.state === 'bound' ? this.#state.session.socket.idle : 0;
  }

  receive(frame: Uint8Array): void {
    try {
      this.#receive(frame);
    } catch (error) {
      this.#fail(error);
    }
  }

  closed(code: number, silence: number): void {
    const state = this.#state;
    this.#state = { state: 'closed' };
    if (state.state === 'bound') state.session.unlink(this, code, silence);
  }

  bye(code: ErrorCode, options?: ByeOptions): void {
    if (this.#state.state === 'bound') this.#state.session.socket.bye(code, options);
    else this.close(errorDefinition(code).close ?? 1011, code);
  }

  goodbye(retryAfter: number): void {
    this.#leaving = true;
    if (this.#state.state === 'bound') this.#state.session.socket.goodbye(retryAfter);
  }

  end(): void {
    if (this.#state.state === 'bound') this.#state.session.socket.end();
    else this.close(errorDefinition('shutting-down').close, 'shutting-down');
  }

  /** Writes a frame of its session, with an ack for all that has come. */
  write(frame: Sequenced): void {
    if (this.#state.state !== 'bound') return;
    const received = this.#state.session.window.acknowledge();
    const head = encodeDataHead(frame, frame.sequence, received);
    const { payload } = frame;
    if (this.#wire.sendJoined === undefined) this.#wire.send(joined(head, payload));
    else this.#wire.sendJoined(head, payload);
  }

  queued(): number {
    return this.#wire.queued?.() ?? 0;
  }

  pause(): void {
    this.#wire.pause?.();
  }

  resume(): void {
    this.#wire.resume?.();
  }

  drained(): Promise<void> {
    return this.#wire.drained?.() ?? Promise.resolve();
  }

  close(code?: number, reason?: string): void {
    this.#wire.close(code, reason);
  }

  /** Its session goes on elsewhere. */
  drop(): void {
    this.#state = { state: 'closed' };
    this.#wire.close(errorDefinition('session-over').close, 'session-over');
  }

  #receive(bytes: Uint8Array): void {
    const state = this.#state;
    if (state.state === 'closed') return;
    if (bytes.length > FRAME_MAX_BYTES) throw new WeftError('frame-invalid', 'It is too long.');
    const frame = decodeSessionFrame(bytes);
    switch (frame.type) {
      case 'open':
        if (state.state !== 'new' || this.#leaving) throw new WeftError('frame-invalid');
        this.#open();
        return;
      case 'resume':
        if (state.state !== 'new' || this.#leaving) throw new WeftError('frame-invalid');
        this.#state = { state: 'resuming' };
        this.#host
          .resume(frame.secret, frame.token)
          .then(
            (session) => this.#attach(session, frame.received),
            (error: unknown) => this.#refuse(error),
          )
          .catch((error: unknown) => this.#fail(error));
        return;
      case 'data': {
        const session = bound(state);
        const { message, ackDue } = session.receive(frame);
        if (!session.socket.known && session.window.bytes > UNKNOWN_MAX_BYTES) {
          throw new WeftError('frame-invalid', 'Too much before the sign-in.');
        }
        if (message !== undefined) session.socket.receive(message);
        if (ackDue) this.#sign('ack', session);
        return;
      }
      case 'ping':
        bound(state).window.acknowledged(frame.received);
        this.#sign('pong', bound(state));
        return;
      case 'ack':
      case 'pong':
        bound(state).window.acknowledged(frame.received);
        return;
      case 'opened':
      case 'resumed':
      case 'refused':
        throw new WeftError('frame-invalid', 'Only a server says so.');
      default: {
        const unreachable: never = frame;
        return unreachable;
      }
    }
  }

  #open(): void {
    const session = this.#host.open(this);
    this.#state = { state: 'bound', session };
    this.#wire.send(encodeSessionFrame({ type: 'opened', secret: session.secret }));
  }

  #attach(session: Session, received: number): void {
    // Cut again meanwhile, or told to go: its secret is spent, and so nobody can go on with it.
    if (this.#state.state !== 'resuming' || this.#leaving) {
      session.end();
      return;
    }
    let missing: readonly Sequenced[];
    try {
      missing = this.#host.attach(session, this, received);
    } catch (error) {
      session.end();
      this.#refuse(error);
      return;
    }
    this.#state = { state: 'bound', session };
    const { secret, window } = session;
    this.#wire.send(
      encodeSessionFrame({ type: 'resumed', secret, received: window.acknowledge() }),
    );
    for (const frame of missing) this.write(frame);
    session.returned();
  }

  /** Another session may be opened here at once. */
  #refuse(error: unknown): void {
    this.#host.refused();
    if (!(error instanceof WeftError)) {
      this.#host.logger.error('A session could not be resumed.', { reason: reasonOf(error) });
    }
    if (this.#state.state !== 'resuming') return;
    this.#state = { state: 'new' };
    const code = error instanceof WeftError ? error.code : 'session-over';
    this.#wire.send(encodeSessionFrame({ type: 'refused', code }));
  }

  #sign(type: 'ack' | 'pong', session: Session): void {
    const received = session.window.acknowledge();
    this.#wire.send(encodeSessionFrame({ type, received }));
  }

  #fail(error: unknown): void {
    const code = error instanceof WeftError ? error.code : 'internal';
    if (code === 'internal') {
      this.#host.logger.error('A frame met an error of ours.', { reason: reasonOf(error) });
    }
    this.bye(code);
  }
}

/** @throws WeftError `frame-invalid` where no session was opened */
function bound(state: State): Session {
  if (state.state !== 'bound') throw new WeftError('frame-invalid', 'There is no session here.');
  return state.session;
}

function joined(head: Uint8Array, payload: Uint8Array): Uint8Array {
  const frame = new Uint8Array(head.length + payload.length);
  frame.set(head);
  frame.set(payload, head.length);
  return frame;
}
