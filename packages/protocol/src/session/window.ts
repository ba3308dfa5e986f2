import { WeftError } from '../errors.ts';
import type { DataFrame, Part } from './frames.ts';
import { ACK_AFTER, REPLAY } from './limits.ts';
import { Assembly, partCount, partsOf } from './parts.ts';

/** A part with its place in the session. */
export interface Sequenced extends Part {
  readonly sequence: number;
}

export interface WindowLimits {
  /** What is kept for replay, in frames and in bytes. */
  readonly frames: number;
  readonly bytes: number;
}

/** What a frame from the other side brings. */
export interface Arrival {
  /** A message that is complete now. */
  readonly message?: Uint8Array;
  /** So much has arrived since the last ack that one is to leave now. */
  readonly ackDue: boolean;
}

/**
 * One side of a session: numbers what leaves (law S1), checks the numbers of what arrives (law S2), and keeps what the
 * other side has not acknowledged, so that it can be sent again on another socket (laws S3, S4). It outlives sockets.
 */
export class SessionWindow {
  readonly #limits: WindowLimits;
  readonly #assembly: Assembly;
  /** Frames that are kept, from index `#head` on; those before it were acknowledged or let go. */
  #kept: (Sequenced | undefined)[] = [];
  #head = 0;
  #keptBytes = 0;
  #sent = 0;
  #letGo = 0;
  #channel = 0;
  #received = 0;
  #unsaidFrames = 0;
  #unsaidBytes = 0;

  /** @param messageMax bytes of incomplete messages that the other side may make this one hold */
  constructor(limits: WindowLimits = REPLAY, messageMax?: number) {
    this.#limits = limits;
    this.#assembly = new Assembly(messageMax);
  }

  /** The last sequence that arrived; whoever puts it into a frame has acknowledged it: see `acknowledge`. */
  get received(): number {
    return this.#received;
  }

  /** The last sequence that was given away. */
  get sent(): number {
    return this.#sent;
  }

  /** Bytes that it holds: what is kept for replay, and messages that are not complete. */
  get bytes(): number {
    return this.#keptBytes + this.#assembly.bytes;
  }

  /** Frames that were let go before they were acknowledged: what was shed from the replay buffer. */
  get letGo(): number {
    return this.#letGo;
  }

  /** Frames that are kept for replay. */
  get frames(): number {
    return this.#kept.length - this.#head;
  }

  /**
   * Whether a message can be kept beside all that is not acknowledged, in frames and in bytes: sent beyond either, it
   * would push out what a cut may call for. Alone any may leave.
   */
  fits(message: Uint8Array): boolean {
    const { frames, bytes } = this.#limits;
    const more = partCount(message);
    return (
      this.frames === 0 ||
      (this.frames + more <= frames && this.#keptBytes + message.length <= bytes)
    );
  }

  /** Numbers a message and keeps it; returns what is to leave, in this order. The message must not change afterwards. */
  send(message: Uint8Array): readonly Sequenced[] {
    const leaving = partsOf(message, this.#channel + 1).map((part) => this.#keep(part));
    // Two messages in a row take different channels: should a sender ever mix their parts, they stay apart.
    if (leaving.length > 1) this.#channel = (this.#channel + 1) % 8;
    return leaving;
  }

  /** The last received sequence, as it is put into a frame: from now on the other side will know. */
  acknowledge(): number {
    this.#unsaidFrames = 0;
    this.#unsaidBytes = 0;
    return this.#received;
  }

  /**
   * The other side has everything up to a sequence.
   * @throws WeftError `frame-invalid` when that was never sent
   */
  acknowledged(sequence: number): void {
    if (sequence > this.#sent) throw new WeftError('frame-invalid', 'An ack of what was not sent.');
    while (this.#head < this.#kept.length) {
      const first = this.#kept[this.#head];
      if (first === undefined || first.sequence > sequence) break;
      this.#drop(first);
    }
  }

  /**
   * A data frame has arrived. One that was here before is dropped.
   * @throws WeftError `session-gap` when one before it is missing: the session is over
   */
  receive(frame: DataFrame): Arrival {
    this.acknowledged(frame.received);
    if (frame.sequence <= this.#received) return { ackDue: true };
    if (frame.sequence !== this.#received + 1) throw new WeftError('session-gap');
    this.#received = frame.sequence;
    this.#unsaidFrames += 1;
    this.#unsaidBytes += frame.payload.length;
    const message = this.#assembly.take(frame);
    const ackDue = this.#unsaidFrames >= ACK_AFTER.frames || this.#unsaidBytes >= ACK_AFTER.bytes;
    return message === undefined ? { ackDue } : { message, ackDue };
  }

  /**
   * What a side that has everything up to `received` lacks, in order; `undefined` when that is not kept any more or was
   * never sent: the session cannot go on.
   */
  missing(received: number): readonly Sequenced[] | undefined {
    if (received > this.#sent || received < this.#sent - this.frames) return undefined;
    this.acknowledged(received);
    return this.#kept.slice(this.#head).filter((frame) => frame !== undefined);
  }

  #keep(part: Part): Sequenced {
    this.#sent += 1;
    const { channel, last, payload } = part;
    const frame: Sequenced = { sequence: this.#sent, channel, last, payload };
    this.#kept.push(frame);
    this.#keptBytes += payload.length;
    while (this.frames > this.#limits.frames || this.#keptBytes > this.#limits.bytes) {
      const first = this.#kept[this.#head];
      if (first === undefined) break;
      this.#drop(first);
      this.#letGo += 1;
    }
    return frame;
  }

  #drop(first: Sequenced): void {
    // What is let go must not be held by the array either.
    this.#kept[this.#head] = undefined;
    this.#head += 1;
    this.#keptBytes -= first.payload.length;
    if (this.#head === this.#kept.length) {
      this.#kept = [];
      this.#head = 0;
    } else if (this.#head >= 64 && this.#head * 2 >= this.#kept.length) {
      // Shifting at each ack would cost a move of everything that is kept.
      this.#kept = this.#kept.slice(this.#head);
      this.#head = 0;
    }
  }
}
