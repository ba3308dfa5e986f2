import { type ErrorCode, errorDefinition } from './errors.ts';

/**
 * The connection as a state machine: every event changes the state, then the socket acts on the state alone.
 * One union instead of the five booleans that this field knows (connected, connecting, shouldConnect, …).
 */
export type ConnectionState =
  /** Closed by the person or the embedder: stays so until `connect`. */
  | { readonly state: 'idle' }
  /** Waits for its next attempt; `code` is what the server said when it ended the last one. */
  | {
      readonly state: 'backoff';
      readonly attempt: number;
      readonly retryAt: number;
      readonly code?: ErrorCode;
    }
  /** The server said when to come back: it ends, is too busy, or cannot store just now. */
  | {
      readonly state: 'waiting';
      readonly attempt: number;
      readonly retryAt: number;
      readonly code: ErrorCode;
    }
  /** A token is fetched, a socket opened, and a hello sent; `code` as in `backoff`. */
  | { readonly state: 'connecting'; readonly attempt: number; readonly code?: ErrorCode }
  /** The server is full, and this is its line: place from 1, and the milliseconds that it may take, where they are known. */
  | {
      readonly state: 'queued';
      readonly attempt: number;
      readonly position: number;
      readonly wait?: number;
    }
  /** The server said welcome, at the time of `since` and after so many failed attempts. */
  | { readonly state: 'online'; readonly attempt: number; readonly since: number }
  /** The link of its session was cut: what is said waits, until the session goes on or is lost. Else as `online`. */
  | { readonly state: 'cut'; readonly attempt: number; readonly since: number }
  /** The server will not have this client as it is: a new token or a new build is needed. */
  | { readonly state: 'denied'; readonly code: ErrorCode };

/** `now` is UTC milliseconds, `random` in [0, 1), `retryAfter` milliseconds. */
export type ConnectionEvent =
  | { readonly type: 'connect' }
  | { readonly type: 'disconnect' }
  /** The time of `retryAt` has come, or the network came back, or the page was shown. */
  | { readonly type: 'hurry' }
  | { readonly type: 'welcome'; readonly now: number }
  /** A place in the line of a server that is full; `wait` in milliseconds, where it is known. */
  | {
      readonly type: 'queued';
      readonly position: number;
      readonly wait: number | undefined;
    }
  /** The link of the session is gone, and another is looked for. */
  | { readonly type: 'cut' }
  /** The session goes on, and all that was missed is here. */
  | { readonly type: 'resumed' }
  /**
   * The socket closed, or an attempt failed. `link`: the session alone is over; another may begin on its link at once.
   */
  | {
      readonly type: 'lost';
      readonly now: number;
      readonly random: number;
      readonly retryAfter?: number | undefined;
      readonly link?: boolean;
    }
  /** The server, or who gives tokens, said no. `final`: nothing this client has can change the answer. */
  | {
      readonly type: 'denied';
      readonly code: ErrorCode;
      readonly now: number;
      readonly random: number;
      readonly retryAfter?: number | undefined;
      readonly final?: boolean;
    };

/** Milliseconds. The first attempt after a drop is spread too: a restarted server must not meet all clients at once. */
export const BACKOFF = { first: 250, factor: 2, cap: 20_000 } as const;

/**
 * Milliseconds online after which a drop counts as the first. A server that welcomes and then drops at once would
 * otherwise be tried again several times a second, for ever.
 */
export const STABLE_AFTER = 10_000;

/** Full jitter (AWS Architecture Blog, "Exponential Backoff And Jitter"): uniform over the whole window. */
export function backoffDelay(attempt: number, random: number): number {
  const window = Math.min(BACKOFF.cap, BACKOFF.first * BACKOFF.factor ** attempt);
  return Math.floor(window * random);
}

/** The next state. Unknown combinations leave the state as it is: late events of a closed socket are harmless. */
export function connectionNext(state: ConnectionState, event: ConnectionEvent): ConnectionState {
  switch (event.type) {
    case 'disconnect':
      return state.state === 'idle' ? state : { state: 'idle' };
    case 'connect':
      return state.state === 'idle' || state.state === 'denied'
        ? { state: 'connecting', attempt: 0 }
        : state;
    case 'hurry':
      return state.state === 'backoff' || state.state === 'waiting'
        ? { state: 'connecting', attempt: state.attempt, ...why(state.code) }
        : state;
    case 'welcome':
      return state.state === 'connecting' || state.state === 'queued'
        ? { state: 'online', attempt: state.attempt, since: event.now }
        : state;
    case 'queued':
      return state.state === 'connecting' || state.state === 'queued'
        ? {
            state: 'queued',
            attempt: state.attempt,
            position: event.position,
            ...(event.wait === undefined ? {} : { wait: event.wait }),
          }
        : state;
    case 'cut':
      return state.state === 'online' ? { ...state, state: 'cut' } : state;
    case 'resumed':
      return state.state === 'cut' ? { ...state, state: 'online' } : state;
    case 'lost':
      return isUnderWay(state) ? lost(nextAttempt(state, event.now), event) : state;
    case 'denied':
      if (!isUnderWay(state)) return state;
      if (event.final === true || errorDefinition(event.code).retry === 'never') {
        return { state: 'denied', code: event.code };
      }
      return ended(nextAttempt(state, event.now), event);
    default: {
      const unreachable: never = event;
      return unreachable;
    }
  }
}

type UnderWay = Extract<ConnectionState, { state: 'connecting' | 'queued' | 'online' | 'cut' }>;

function isUnderWay(state: ConnectionState): state is UnderWay {
  return (
    state.state === 'connecting' ||
    state.state === 'queued' ||
    state.state === 'online' ||
    state.state === 'cut'
  );
}

function nextAttempt(state: UnderWay, now: number): number {
  const welcomed = state.state === 'online' || state.state === 'cut';
  return welcomed && now - state.since >= STABLE_AFTER ? 0 : state.attempt + 1;
}

/** A link that is there already costs the server nothing more: only who comes back again and again waits before it. */
function lost(attempt: number, event: Extract<ConnectionEvent, { type: 'lost' }>): ConnectionState {
  const atOnce = event.link === true && attempt === 0 && event.retryAfter === undefined;
  return atOnce ? { state: 'connecting', attempt } : backoff(attempt, event, undefined);
}

function ended(
  attempt: number,
  event: Extract<ConnectionEvent, { type: 'denied' }>,
): ConnectionState {
  const { retryAfter = 0, code } = event;
  if (retryAfter === 0) return backoff(attempt, event, code);
  return { state: 'waiting', attempt, retryAt: retryAt(attempt, event), code };
}

interface Ended {
  readonly now: number;
  readonly random: number;
  readonly retryAfter?: number | undefined;
}

function backoff(attempt: number, event: Ended, code: ErrorCode | undefined): ConnectionState {
  return { state: 'backoff', attempt, retryAt: retryAt(attempt, event), ...why(code) };
}

/** Not sooner than the server asked, and not sooner than after so many attempts. */
function retryAt(attempt: number, { now, random, retryAfter }: Ended): number {
  return now + Math.max(retryAfter ?? 0, backoffDelay(attempt, random));
}

function why(code: ErrorCode | undefined): { readonly code?: ErrorCode } {
  return code === undefined ? {} : { code };
}
