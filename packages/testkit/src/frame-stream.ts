import type { FrameFate } from './proxy-frames.ts';

/** A message on a WebSocket, as its first frame says it. */
export interface FrameHead {
  /** 1: text, 2: binary, 8: close, 9: ping, 10: pong. */
  readonly opcode: number;
  /** Bytes of the payload of this frame. */
  readonly size: number;
}

/** The longest head: two bytes, eight of length, four of mask. */
const LONGEST_HEAD = 14;

/**
 * One direction of a WebSocket, cut at its frames (RFC 6455, 5.2) without waiting for their ends: a frame of megabytes
 * goes on as it comes. A message that is sent in several frames has one fate.
 */
export class FrameStream {
  readonly #fateOf: (head: FrameHead) => FrameFate;
  #rest: Buffer = Buffer.alloc(0);
  /** Bytes that the frame under way still has. */
  #left = 0;
  #fate: FrameFate = 'pass';
  /** What has come of a frame that goes out twice. */
  #kept: Buffer[] = [];
  /** Fate of the message that the continuation frames belong to. */
  #message: FrameFate = 'pass';

  /** @param fateOf asked once for each message that carries data; pings, pongs and goodbyes always pass */
  constructor(fateOf: (head: FrameHead) => FrameFate) {
    this.#fateOf = fateOf;
  }

  /** Takes bytes as they come, and gives those that go on. */
  push(bytes: Buffer): readonly Buffer[] {
    const out: Buffer[] = [];
    let at = 0;
    const input = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    this.#rest = Buffer.alloc(0);
    while (at < input.length) {
      if (this.#left === 0) {
        const head = headOf(input.subarray(at, at + LONGEST_HEAD));
        if (head === undefined) {
          // Copied: the socket uses its buffer again.
          this.#rest = Buffer.from(input.subarray(at));
          break;
        }
        this.#fate = this.#judge(head);
        this.#left = head.headSize + head.size;
      }
      const part = input.subarray(at, at + this.#left);
      at += part.length;
      this.#left -= part.length;
      if (this.#fate !== 'drop') out.push(part);
      if (this.#fate === 'twice') this.#kept.push(Buffer.from(part));
      if (this.#left === 0) {
        out.push(...this.#kept);
        this.#kept = [];
      }
    }
    return out;
  }

  #judge(head: FrameHead & { readonly final: boolean }): FrameFate {
    if (head.opcode >= 8) return 'pass';
    if (head.opcode !== 0) {
      this.#message = this.#fateOf(head);
      // Half a message twice is no message twice: one in several frames goes out once.
      if (this.#message === 'twice' && !head.final) this.#message = 'pass';
    }
    return this.#message;
  }
}

function headOf(
  bytes: Buffer,
): (FrameHead & { readonly final: boolean; readonly headSize: number }) | undefined {
  const [first, second] = bytes;
  if (first === undefined || second === undefined) return undefined;
  const mask = (second & 0x80) === 0 ? 0 : 4;
  const short = second & 0x7f;
  const extended = short === 127 ? 8 : short === 126 ? 2 : 0;
  const headSize = 2 + extended + mask;
  if (bytes.length < headSize) return undefined;
  const size =
    extended === 8
      ? Number(bytes.readBigUInt64BE(2))
      : extended === 2
        ? bytes.readUInt16BE(2)
        : short;
  return { opcode: first & 0x0f, final: (first & 0x80) !== 0, size, headSize };
}
