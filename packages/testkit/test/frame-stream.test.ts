import { describe, expect, it } from 'vitest';
import { FrameStream } from '../src/frame-stream.ts';
import { FrameFaults, type SeenFrame } from '../src/proxy-frames.ts';
import { createRandom } from '../src/sim.ts';

/** A frame as a browser (masked) or a server sends it. */
function frame(text: string, { masked = false, final = true, opcode = 2 } = {}): Buffer {
  const payload = Buffer.from(text);
  const size = payload.length;
  const extended = size > 0xffff ? Buffer.alloc(8) : Buffer.alloc(size > 125 ? 2 : 0);
  if (extended.length === 8) extended.writeBigUInt64BE(BigInt(size));
  if (extended.length === 2) extended.writeUInt16BE(size);
  const short = extended.length === 8 ? 127 : extended.length === 2 ? 126 : size;
  const head = Buffer.from([(final ? 0x80 : 0) | opcode, (masked ? 0x80 : 0) | short]);
  // A mask of zeros leaves the text readable.
  return Buffer.concat([head, extended, Buffer.alloc(masked ? 4 : 0), payload]);
}

/** Pushes bytes in pieces of random sizes: how a socket cuts them is chance. */
function pushed(stream: FrameStream, bytes: Buffer, seed: string): Buffer {
  const random = createRandom(seed);
  const out: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const size = random.int(1, 9);
    out.push(...stream.push(bytes.subarray(at, at + size)));
    at += size;
  }
  return Buffer.concat(out);
}

describe('messages in a stream of bytes', () => {
  it('lets everything pass as it came, in whatever pieces, and sees each message once', () => {
    const texts = ['', 'a', 'b'.repeat(125), 'c'.repeat(126), 'd'.repeat(65_536)];
    for (const masked of [false, true]) {
      const seen: number[] = [];
      const stream = new FrameStream(({ size }) => {
        seen.push(size);
        return 'pass';
      });
      const bytes = Buffer.concat(texts.map((text) => frame(text, { masked })));
      expect(pushed(stream, bytes, `pieces ${masked}`).equals(bytes)).toBe(true);
      expect(seen).toEqual(texts.map((text) => text.length));
    }
  });

  it('loses and doubles whole messages, and leaves pings and the frames around alone', () => {
    const fates = ['pass', 'drop', 'twice', 'pass'] as const;
    let next = 0;
    const stream = new FrameStream(() => fates[next++] ?? 'pass');
    const [one, two, three, four] = ['one', 'two', 'three', 'four'].map((text) => frame(text));
    const ping = frame('?', { opcode: 9 });
    const bytes = Buffer.concat([one, ping, two, ping, three, four].filter((b) => b !== undefined));
    const wanted = [one, ping, ping, three, three, four].filter((b) => b !== undefined);
    expect(pushed(stream, bytes, 'fates').equals(Buffer.concat(wanted))).toBe(true);
  });

  it('loses all frames of a message that is sent in several, with a ping between them', () => {
    let next = 0;
    const stream = new FrameStream(() => (next++ === 0 ? 'drop' : 'pass'));
    const ping = frame('?', { opcode: 9 });
    const after = frame('after');
    const bytes = Buffer.concat([
      frame('be', { final: false }),
      ping,
      frame('gun', { opcode: 0 }),
      after,
    ]);
    expect(pushed(stream, bytes, 'parts').equals(Buffer.concat([ping, after]))).toBe(true);
  });
});

describe('faults that are ordered', () => {
  it('counts down, per direction or whichever comes, and tells of each message', () => {
    const seen: SeenFrame[] = [];
    const faults = new FrameFaults((one) => seen.push(one));
    const [up, down] = [faults.stream('up'), faults.stream('down')];
    faults.drop(1, 'down');
    faults.twice(1, 'both');
    for (const stream of [up, down, down]) stream.push(frame('x'));
    faults.drop(5, 'both');
    faults.clear();
    up.push(frame('x'));
    expect(seen.map(({ way, fate }) => [way, fate])).toEqual([
      ['up', 'twice'],
      ['down', 'drop'],
      ['down', 'pass'],
      ['up', 'pass'],
    ]);
  });
});
