import type { Down, ErrorCode } from '@weft/protocol';
import type { SocketHost } from './host.ts';
import type { Transport } from './transport.ts';

/** What is said with a `bye`. */
export interface ByeOptions {
  /** Milliseconds after which the client may come back. */
  readonly retryAfter?: number;
  readonly detail?: string;
}

/** What the parts of one socket have in common: whom they ask, how they answer, and how they end it. */
export interface Line {
  readonly host: SocketHost;
  readonly wire: Transport;
  /** Whether the client has said anything in our own words. */
  readonly speaksWeft: boolean;
  /** Sends one of our own messages. */
  send(message: Down): void;
  /** Says why, in our words where they are understood, and closes. */
  bye(code: ErrorCode, options?: ByeOptions): void;
  /** Ends this socket, and no other: by the error's own code, or as an error of ours, which is logged. */
  fail(error: unknown): void;
}
