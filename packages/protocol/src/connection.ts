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
  /** A token is fetched, a socket opened, and a hello sent; `code` as in `backoff`. */
  | { readonly state: 'connecting'; readonly attempt: number; readonly code?: ErrorCode }
  /** The server said welcome, at the time of `since` and after so many failed attempts. */
  | { readonly state: 'online'; readonly attempt: number; readonly since: number }
  /** The server will not have this client as it is: a new token or a new build is needed. */
  | { readonly state: 'denied'; readonly code: ErrorCode };

/** `now` is UTC milliseconds, `random` in [0, 1), `retryAfter` milliseconds. */
export type ConnectionEvent =
  | { readonly type: 'connect' }
  | { readonly type: 'disconnect' }
  /** The time of `retryAt` has come, or the network came back, or the page was shown. */
  | { readonly type: 'hurry' }
  | { readonly type: 'welcome'; readonly now: number }
  /** The socket closed, or an attempt failed. */
  | {
      readonly type: 'lost';
      readonly now: number;
      readonly random: number;
      readonly retryAfter?: number | undefined;
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
      return state.state === 'backoff'
        ? { state: 'connecting', attempt: state.attempt, ...why(state.code) }
        : state;
    case 'welcome':
      return state.state === 'connecting'
        ? { state: 'online', attempt: state.attempt, since: event.now }
        : state;
    case 'lost':
      return state.state === 'connecting' || state.state === 'online'
        ? backoff(nextAttempt(state, event.now), event, undefined)
        : state;
    case 'denied':
      if (state.state !== 'connecting' && state.state !== 'online') return state;
      if (event.final === true || errorDefinition(event.code).retry === 'never') {
        return { state: 'denied', code: event.code };
      }
      return backoff(nextAttempt(state, event.now), event, event.code);
    default: {
      const unreachable: never = event;
      return unreachable;
    }
  }
}

function nextAttempt(
  state: Extract<ConnectionState, { state: 'connecting' | 'online' }>,
  now: number,
): number {
  return state.state === 'online' && now - state.since >= STABLE_AFTER ? 0 : state.attempt + 1;
}

function backoff(
  attempt: number,
  event: {
    readonly now: number;
    readonly random: number;
    readonly retryAfter?: number | undefined;
  },
  code: ErrorCode | undefined,
): ConnectionState {
  const delay = Math.max(event.retryAfter ?? 0, backoffDelay(attempt, event.random));
  return { state: 'backoff', attempt, retryAt: event.now + delay, ...why(code) };
}

function why(code: ErrorCode | undefined): { readonly code?: ErrorCode } {
  return code === undefined ? {} : { code };
}
