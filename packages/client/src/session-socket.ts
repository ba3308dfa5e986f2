import {
  SESSION_BRIDGE_MS,
  STABLE_AFTER,
  type Sequenced,
  type SessionFrame,
  SessionWindow,
  WeftError,
  backoffDelay,
  encodeDataHead,
  encodeSessionFrame,
  errorDefinition,
} from '@weft/protocol';
import type { Environment, SocketLike } from './api.ts';
import { SessionLink } from './session-link.ts';

/** Milliseconds from dialling to the answer whether a session goes on. */
const RESUME_MAX = 10_000;

/** Closes after which a session may go on: nobody said one, or somebody on the way to the server did. */
const CUTS: ReadonlySet<number> = new Set([1001, 1005, 1006]);

export interface SessionSocketOptions {
  readonly env: Environment;
  /** Opens a WebSocket and offers sessions. Throws when the platform has none just now. */
  readonly dial: () => SocketLike;
  /** The sign-in with which a session goes on. Rejects with a WeftError when there will be none. */
  readonly token: () => Promise<string>;
  /** An open WebSocket on which a session may begin. */
  readonly spare?: SocketLike | undefined;
}

type State =
  /** Nobody knows yet whether the server speaks sessions. */
  | { readonly state: 'opening'; readonly link: SessionLink }
  /** The server knows no sessions: frames stand for themselves. */
  | { readonly state: 'plain'; readonly raw: SocketLike }
  /** `since`: from when on; `behind`: what was missed may still be on its way. */
  | {
      readonly state: 'live';
      readonly link: SessionLink;
      readonly since: number;
      readonly behind: boolean;
    }
  /** Without a link until the next attempt, or until `until`. */
  | { readonly state: 'cut'; readonly until: number; readonly cancel: () => void }
  /** Another link is asked whether the session may go on. */
  | {
      readonly state: 'resuming';
      readonly until: number;
      readonly cancel: () => void;
      readonly link: SessionLink;
    }
  | { readonly state: 'closed' };

/**
 * A socket that does not end when its WebSocket does: shaped like one, it carries a session of the protocol `weft.1`
 * (SPEC.md, "Sessions"), and looks for another link for 60 s after a cut. Frames that are sent meanwhile wait. Where the
 * server does not speak sessions it is the WebSocket itself, no more.
 */
export class SessionSocket implements SocketLike {
  binaryType = 'arraybuffer';
  onopen: SocketLike['onopen'] = null;
  onmessage: SocketLike['onmessage'] = null;
  /** The session is over, or the WebSocket where there is none. Not called after `close`. */
  onclose: SocketLike['onclose'] = null;
  onerror: SocketLike['onerror'] = null;
  /** The link was cut; or it is there again, with everything that was missed. */
  onlink: ((link: 'cut' | 'live') => void) | null = null;
  readonly #options: SessionSocketOptions;
  readonly #window = new SessionWindow();
  #state: State;
  /** What waits for the server to acknowledge what left: the window would let go of that, and a cut could not be bridged. */
  readonly #waiting: Uint8Array<ArrayBuffer>[] = [];
  /** Resumes the session, once. */
  #secret = '';
  /** Attempts since a link last held for a while. */
  #attempt = 0;
  #spare: SocketLike | undefined;

  /** @throws whatever `dial` throws */
  constructor(options: SessionSocketOptions) {
    this.#options = options;
    const { env, dial, spare } = options;
    const raw = spare?.readyState === 1 ? spare : dial();
    const link: SessionLink = new SessionLink(raw, env, {
      opened: () => this.#opened(link),
      frame: (frame) => this.#frame(link, frame),
      broken: () => this.#finish(1006),
      gone: (code) => this.#gone(code),
    });
    this.#state = { state: 'opening', link };
  }

  /** RFC 6455; open also while the link is cut. */
  get readyState(): number {
    const { state } = this.#state;
    if (state === 'plain') return this.#state.raw.readyState;
    if (state === 'opening') return 0;
    return state === 'closed' ? 3 : 1;
  }

  /** Whether it outlives its WebSocket, and finds out by itself when that is dead. */
  get isSession(): boolean {
    const { state } = this.#state;
    return state === 'live' || state === 'cut' || state === 'resuming';
  }

  /** Sends a frame, or keeps it until there is a link. It must not change afterwards. */
  send(data: Uint8Array<ArrayBuffer>): void {
    if (this.#state.state === 'plain') this.#state.raw.send(data);
    else if (this.isSession) {
      this.#waiting.push(data);
      this.#pump();
    }
  }

  /** Something suggests that the network came or went: a link is asked for a sign of life, or looked for at once. */
  probe(): void {
    const state = this.#state;
    if (state.state === 'live') state.link.ping();
    if (state.state !== 'cut') return;
    state.cancel();
    this.#resume(state.until);
  }

  /** The link that a session left behind which is over: another may begin on it. Whoever asks has to close it. */
  takeSpare(): SocketLike | undefined {
    const spare = this.#spare;
    this.#spare = undefined;
    return spare;
  }

  /** Ends the session, on the server too where there is a link. Idempotent. */
  close(code = 1000): void {
    const state = this.#state;
    this.#state = { state: 'closed' };
    if (state.state === 'plain') {
      state.raw.onmessage = null;
      state.raw.onclose = null;
      state.raw.close(code);
    }
    if (state.state === 'cut' || state.state === 'resuming') state.cancel();
    if (state.state === 'opening' || state.state === 'live' || state.state === 'resuming') {
      state.link.drop(code);
    }
  }

  #opened(link: SessionLink): void {
    if (link.speaksSessions) {
      link.write(encodeSessionFrame({ type: 'open' }));
      return;
    }
    const raw = link.release();
    raw.onmessage = (event) => this.onmessage?.(event);
    raw.onclose = ({ code }) => this.#finish(code);
    this.#state = { state: 'plain', raw };
    this.onopen?.();
  }

  /** @throws WeftError for a frame out of place */
  #frame(link: SessionLink, frame: SessionFrame): void {
    const { state } = this.#state;
    if (state === 'opening' && frame.type === 'opened') {
      this.#secret = frame.secret;
      this.#live(link, false);
      this.onopen?.();
    } else if (state === 'resuming' && frame.type === 'resumed') {
      this.#resumed(link, frame.secret, frame.received);
    } else if (state === 'resuming' && frame.type === 'refused') {
      this.#spare = link.release();
      this.#finish(errorDefinition('session-over').close ?? 1006);
    } else if (state === 'live') {
      this.#said(link, frame);
      this.#pump();
    } else throw new WeftError('frame-invalid', 'A frame out of place.');
  }

  #said(link: SessionLink, frame: SessionFrame): void {
    if (frame.type === 'data') {
      const { message, ackDue } = this.#window.receive(frame);
      if (message !== undefined) this.onmessage?.({ data: message });
      if (!ackDue || this.#state.state !== 'live') return;
      const received = this.#window.acknowledge();
      link.write(encodeSessionFrame({ type: 'ack', received }));
      return;
    }
    if (frame.type !== 'ack' && frame.type !== 'pong') throw new WeftError('frame-invalid');
    this.#window.acknowledged(frame.received);
    const state = this.#state;
    if (frame.type !== 'pong' || state.state !== 'live' || !state.behind) return;
    // Frames keep their order: what was missed came before the answer to what was asked after it.
    this.#state = { ...state, behind: false };
    this.onlink?.('live');
  }

  #live(link: SessionLink, behind: boolean): void {
    this.#state = { state: 'live', link, since: this.#options.env.now(), behind };
    link.watch(() => this.#window.acknowledge());
  }

  #resumed(link: SessionLink, secret: string, received: number): void {
    const state = this.#state;
    if (state.state !== 'resuming') return;
    state.cancel();
    this.#secret = secret;
    const missing = this.#window.missing(received);
    if (missing === undefined) {
      // What the server lacks is not here any more. Going on without it would be a gap that nobody sees.
      link.drop(1000);
      this.#finish(1006);
      return;
    }
    this.#live(link, true);
    for (const frame of missing) this.#write(link, frame);
    this.#pump();
    link.ping();
  }

  /** The link is gone. */
  #gone(code: number): void {
    const state = this.#state;
    const { env } = this.#options;
    if (state.state === 'resuming') {
      state.cancel();
      this.#attempt += 1;
      this.#wait(state.until);
    } else if (state.state === 'live' && CUTS.has(code)) {
      this.#attempt = env.now() - state.since >= STABLE_AFTER ? 0 : this.#attempt + 1;
      this.#wait(env.now() + SESSION_BRIDGE_MS);
      // A link that was cut again before it had brought everything was never called live.
      if (!state.behind) this.onlink?.('cut');
    } else this.#finish(code);
  }

  #wait(until: number): void {
    const { env } = this.#options;
    const left = until - env.now();
    const delay = Math.min(left, backoffDelay(this.#attempt, env.random()));
    if (left <= 0) this.#finish(1006);
    else {
      const cancel = env.timer(delay, () => this.#resume(until));
      this.#state = { state: 'cut', until, cancel };
    }
  }

  /** Asks on another link whether the session may go on. */
  #resume(until: number): void {
    const { env, dial, token } = this.#options;
    if (env.now() >= until) {
      this.#finish(1006);
      return;
    }
    let raw: SocketLike;
    try {
      raw = dial();
    } catch {
      this.#attempt += 1;
      this.#wait(until);
      return;
    }
    const failed = () => {
      if (this.#state.state !== 'resuming' || this.#state.link !== link) return;
      link.drop();
      this.#gone(1006);
    };
    // Fetched while the WebSocket opens: one waits for the slower of the two, not for both.
    const signIn = token();
    const link: SessionLink = new SessionLink(raw, env, {
      opened: () => {
        if (link.speaksSessions)
          void signIn.then(
            (fresh) => this.#ask(link, fresh),
            () => undefined,
          );
        else {
          this.#spare = link.release();
          this.#finish(1006);
        }
      },
      frame: (frame) => this.#frame(link, frame),
      broken: () => this.#finish(1006),
      gone: (code) => this.#gone(code),
    });
    const cancel = env.timer(Math.min(RESUME_MAX, until - env.now()), failed);
    this.#state = { state: 'resuming', until, cancel, link };
    signIn.catch((error: unknown) => {
      if (!(error instanceof WeftError)) failed();
      // There will be no sign-in: whoever connects anew is told why.
      else if (this.#state.state === 'resuming' && this.#state.link === link) {
        link.drop();
        this.#finish(1006);
      }
    });
  }

  #ask(link: SessionLink, token: string): void {
    if (this.#state.state !== 'resuming' || this.#state.link !== link) return;
    const { received } = this.#window;
    link.write(encodeSessionFrame({ type: 'resume', secret: this.#secret, received, token }));
  }

  /** Sends what waits, as far as the window can keep it. */
  #pump(): void {
    const link = this.#state.state === 'live' ? this.#state.link : undefined;
    for (const next of [...this.#waiting]) {
      // Of what is on its way the last bytes are acknowledged with whatever else is said.
      if (!this.#window.fits(next)) return link?.ping();
      this.#waiting.shift();
      for (const frame of this.#window.send(next)) if (link !== undefined) this.#write(link, frame);
    }
  }

  #write(link: SessionLink, frame: Sequenced): void {
    const head = encodeDataHead(frame, frame.sequence, this.#window.acknowledge());
    const bytes = new Uint8Array(head.length + frame.payload.length);
    bytes.set(head);
    bytes.set(frame.payload, head.length);
    link.write(bytes);
  }

  #finish(code: number): void {
    const state = this.#state;
    if (state.state === 'closed') return;
    if (state.state === 'cut' || state.state === 'resuming') state.cancel();
    this.#state = { state: 'closed' };
    this.onclose?.({ code, reason: '' });
  }
}
