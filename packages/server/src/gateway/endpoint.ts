import type { ErrorCode } from '@weft/protocol';
import type { ByeOptions } from './line.ts';

/** What stands behind one WebSocket: a socket, or the link of a session that outlives it. */
export interface Endpoint {
  /** Whether a token was accepted. */
  readonly known: boolean;
  /** Whether a token was accepted, and there is no seat yet. */
  readonly waiting: boolean;
  /** Milliseconds since anything was asked for here; 0 while a document is open. */
  readonly idle: number;
  /** A frame arrived. Whatever it holds, it can end this socket at most. */
  receive(frame: Uint8Array): void;
  /**
   * The WebSocket is gone.
   * @param code of its close (RFC 6455); 1006 where there was none
   * @param silence milliseconds since anything arrived on it
   */
  closed(code: number, silence: number): void;
  /** Says why, and closes. */
  bye(code: ErrorCode, options?: ByeOptions): void;
  /** Tells the client to come back in `retryAfter` milliseconds. From now on it is answered, and not read. */
  goodbye(retryAfter: number): void;
  /** Ends what `goodbye` began: everything that was read has its answer. */
  end(): void;
}
