/** What carries a socket's frames: a WebSocket, or a simulated one. */
export interface Transport {
  /** RFC 6455: 1 is open, 2 closing, 3 closed. */
  readonly readyState: number;
  /** Sends a frame; does nothing when the transport is closing, as its end is told anyway. */
  send(data: string | ArrayBufferLike | Blob | ArrayBufferView): void;
  /** Sends two pieces as one frame: what many sockets are sent is not copied for each of them. */
  sendJoined?(head: Uint8Array, payload: Uint8Array): void;
  /** Whose it is, and on which device: said with each token that is accepted. Without it, nobody asks. */
  identified?(device: string): void;
  /** What was sent so far is not to be sent again: rights to it are gone. Without it, nothing ever is. */
  barrier?(): void;
  close(code?: number, reason?: string): void;
  /** Resolves when all that was sent has left this process, or never will; without it, frames leave at once. */
  drained?(): Promise<void>;
  /** Bytes that were sent and have not left this process; without it, none are known of. */
  queued?(): number;
  /** Stops reading from the peer until `resume`; frames that were read already may still come. Idempotent. */
  pause?(): void;
  resume?(): void;
}
