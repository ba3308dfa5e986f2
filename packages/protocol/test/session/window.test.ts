import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type DataFrame,
  PART_BYTES,
  type Sequenced,
  SessionWindow,
  decodeSessionFrame,
  encodeDataHead,
} from '../../src/index.ts';
import { seeded } from '../seeded.ts';

type Way = 'up' | 'down';
const WAYS: readonly Way[] = ['up', 'down'];

type Step =
  | { readonly do: 'send'; readonly way: Way; readonly size: number }
  | { readonly do: 'deliver'; readonly way: Way; readonly frames: number }
  | { readonly do: 'repeat'; readonly way: Way }
  | { readonly do: 'ack'; readonly way: Way }
  /** Of what is under way, so many still arrive; the rest is lost. */
  | { readonly do: 'cut'; readonly up: number; readonly down: number };

const way = fc.constantFrom<Way>('up', 'down');
const size = fc.oneof(
  fc.nat({ max: 40 }),
  fc.constantFrom(PART_BYTES - 1, PART_BYTES, PART_BYTES + 1, 3 * PART_BYTES + 7),
);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('send' as const), way, size }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('deliver' as const), way, frames: fc.nat({ max: 8 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('repeat' as const), way }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('ack' as const), way }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('cut' as const),
      up: fc.nat({ max: 6 }),
      down: fc.nat({ max: 6 }),
    }),
  },
);
const limits = fc.constantFrom(
  { frames: 4_096, bytes: 8 * 1024 * 1024 },
  { frames: 6, bytes: 8 * 1024 * 1024 },
  { frames: 4_096, bytes: 2 * PART_BYTES },
);

/** Two ends of one session, and what is under way between them: the model is two lists of messages. */
class Pair {
  readonly ends: Record<Way, SessionWindow>;
  readonly sent: Record<Way, Uint8Array[]> = { up: [], down: [] };
  readonly got: Record<Way, Uint8Array[]> = { up: [], down: [] };
  over = false;
  /** What arrived that was not the next message sent. */
  readonly wrong: string[] = [];
  #wire: Record<Way, Uint8Array[]> = { up: [], down: [] };
  readonly #last: Partial<Record<Way, Uint8Array>> = {};
  #count = 0;

  constructor(options: { readonly frames: number; readonly bytes: number }) {
    this.ends = { up: new SessionWindow(options), down: new SessionWindow(options) };
  }

  send(to: Way, bytes: number): void {
    this.#count += 1;
    const message = new Uint8Array(bytes).fill(this.#count % 251);
    this.sent[to].push(message);
    for (const frame of this.ends[to].send(message)) this.#put(to, frame);
  }

  deliver(to: Way, frames: number): void {
    for (const bytes of this.#wire[to].splice(0, frames)) this.#arrive(to, bytes);
  }

  repeat(to: Way): void {
    const last = this.#last[to];
    if (last !== undefined) this.#arrive(to, last);
  }

  ack(to: Way): void {
    this.ends[to].acknowledged(this.ends[other(to)].acknowledge());
  }

  cut(kept: Readonly<Record<Way, number>>): void {
    for (const to of WAYS) this.deliver(to, kept[to]);
    this.#wire = { up: [], down: [] };
    const missing: Record<Way, readonly Sequenced[] | undefined> = {
      up: this.ends.up.missing(this.ends.down.received),
      down: this.ends.down.missing(this.ends.up.received),
    };
    if (missing.up === undefined || missing.down === undefined) {
      this.over = true;
      return;
    }
    for (const to of WAYS) for (const frame of missing[to] ?? []) this.#put(to, frame);
  }

  /** Loses one frame in the middle, which no socket does. */
  steal(to: Way): void {
    this.#wire[to].shift();
  }

  #put(to: Way, frame: Sequenced): void {
    const head = encodeDataHead(frame, frame.sequence, this.ends[to].acknowledge());
    const bytes = new Uint8Array(head.length + frame.payload.length);
    bytes.set(head);
    bytes.set(frame.payload, head.length);
    this.#wire[to].push(bytes);
  }

  #arrive(to: Way, bytes: Uint8Array): void {
    this.#last[to] = bytes;
    const { message } = this.ends[other(to)].receive(asData(bytes));
    if (message === undefined) return;
    const expected = this.sent[to][this.got[to].length];
    this.got[to].push(message);
    if (expected === undefined || !same(expected, message)) {
      this.wrong.push(`${to} ${this.got[to].length}`);
    }
  }
}

/** Large messages are compared as a whole: item by item the test would take minutes. */
function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

function asData(bytes: Uint8Array): DataFrame {
  const frame = decodeSessionFrame(bytes);
  if (frame.type !== 'data') throw new Error('No data.');
  return frame;
}

function other(to: Way): Way {
  return to === 'up' ? 'down' : 'up';
}

function run(pair: Pair, next: Step): void {
  switch (next.do) {
    case 'send':
      pair.send(next.way, next.size);
      break;
    case 'deliver':
      pair.deliver(next.way, next.frames);
      break;
    case 'repeat':
      pair.repeat(next.way);
      break;
    case 'ack':
      pair.ack(next.way);
      break;
    default:
      pair.cut(next);
  }
}

describe('the window of a session', () => {
  it('[S1][S2][S3] over any cuts, lost tails and repetitions, each message arrives once and in order, or the session is over', () => {
    let resumed = 0;
    let over = 0;
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60, size: 'max' }), limits, (steps, bounds) => {
        const pair = new Pair(bounds);
        for (const next of steps) {
          run(pair, next);
          // Also of a session that is over: what arrived is a beginning of what was sent.
          expect(pair.wrong).toEqual([]);
          if (pair.over) {
            over += 1;
            return;
          }
          if (next.do === 'cut') resumed += 1;
        }
        pair.cut({ up: 0, down: 0 });
        if (pair.over) return;
        for (const to of WAYS) {
          pair.deliver(to, Number.POSITIVE_INFINITY);
          expect(pair.wrong).toEqual([]);
          expect(pair.got[to]).toHaveLength(pair.sent[to].length);
        }
      }),
      { ...seeded, numRuns: 400 },
    );
    expect(Math.min(resumed, over)).toBeGreaterThan(20);
  });

  it('[S2] a frame that is missing in the middle is noticed at the next one, and nothing behind it is delivered', () => {
    const pair = new Pair({ frames: 100, bytes: 1_000 });
    for (let count = 0; count < 3; count += 1) pair.send('up', 8);
    pair.deliver('up', 1);
    pair.steal('up');
    expect(() => pair.deliver('up', 1)).toThrow(expect.objectContaining({ code: 'session-gap' }));
    expect(pair.got.up).toHaveLength(1);
  });

  it('[S4] what is kept for replay stays within its frames and bytes; what is let go is counted', () => {
    fc.assert(
      fc.property(fc.array(size, { maxLength: 40 }), limits, (sizes, bounds) => {
        const window = new SessionWindow(bounds);
        let frames = 0;
        for (const bytes of sizes) {
          frames += window.send(new Uint8Array(bytes)).length;
          expect(window.frames).toBeLessThanOrEqual(bounds.frames);
          expect(window.bytes).toBeLessThanOrEqual(bounds.bytes);
          expect(window.frames + window.letGo).toBe(frames);
        }
        window.acknowledged(frames);
        expect([window.frames, window.bytes]).toEqual([0, 0]);
      }),
      { ...seeded, numRuns: 200 },
    );
  });

  it('[S4] what is said to fit pushes out nothing that is kept, of small messages and of large ones', () => {
    fc.assert(
      fc.property(fc.array(size, { maxLength: 40 }), limits, (sizes, bounds) => {
        const window = new SessionWindow(bounds);
        for (const bytes of sizes) {
          const message = new Uint8Array(bytes);
          const alone = window.frames === 0;
          if (!window.fits(message)) continue;
          window.send(message);
          if (!alone) expect(window.letGo).toBe(0);
          if (window.letGo > 0) return;
        }
      }),
      { ...seeded, numRuns: 200 },
    );
    const few = new SessionWindow({ frames: 3, bytes: 1024 * 1024 });
    few.send(new Uint8Array(1));
    expect(few.fits(new Uint8Array(2 * PART_BYTES))).toBe(true);
    expect(few.fits(new Uint8Array(2 * PART_BYTES + 1))).toBe(false);
    few.send(new Uint8Array(1));
    few.send(new Uint8Array(1));
    expect(few.fits(new Uint8Array(0))).toBe(false);
    few.acknowledged(1);
    expect(few.fits(new Uint8Array(1))).toBe(true);
  });

  it('[S4] messages in parts that never end are bounded, over all channels together', () => {
    const window = new SessionWindow(undefined, 3 * PART_BYTES);
    const part = (sequence: number): DataFrame => ({
      type: 'data',
      sequence,
      received: 0,
      channel: sequence,
      last: false,
      payload: new Uint8Array(PART_BYTES),
    });
    for (let sequence = 1; sequence <= 3; sequence += 1) window.receive(part(sequence));
    expect(() => window.receive(part(4))).toThrow(
      expect.objectContaining({ code: 'frame-invalid' }),
    );
    const many = new SessionWindow();
    expect(() => {
      for (let sequence = 1; sequence <= 17; sequence += 1) {
        many.receive({ ...part(sequence), payload: new Uint8Array(1) });
      }
    }).toThrow(expect.objectContaining({ code: 'frame-invalid' }));
  });

  it('[S1] no frame carries more than 64 KB, and messages of one channel are put together from any mix of parts', () => {
    const from = new SessionWindow();
    const to = new SessionWindow();
    const messages = [5 * PART_BYTES + 3, 10, 2 * PART_BYTES].map((bytes, index) =>
      new Uint8Array(bytes).fill(index + 1),
    );
    const [large, small, other_] = messages.map((message) => [...from.send(message)]);
    const mixed = [large?.[0], small?.[0], other_?.[0], ...(large?.slice(1) ?? []), other_?.[1]];
    const got = mixed.flatMap((frame, index) => {
      if (frame === undefined) throw new Error('No frame.');
      expect(frame.payload.length).toBeLessThanOrEqual(PART_BYTES);
      // Whoever mixes them numbers them as they leave.
      const data: DataFrame = { ...frame, type: 'data', sequence: index + 1, received: 0 };
      return to.receive(data).message ?? [];
    });
    const [first, second, third] = messages;
    const expected = [second, first, third];
    expect(got.map((message, index) => same(message, expected[index] ?? message))).toEqual([
      true,
      true,
      true,
    ]);
    expect(got.map(({ length }) => length)).toEqual(expected.map((message) => message?.length));
  });

  it('an ack is due after 64 frames or 64 KB, and at once for what was here before: its sender does not know', () => {
    const from = new SessionWindow();
    const to = new SessionWindow();
    const receive = (frame: Sequenced) => to.receive({ ...frame, type: 'data', received: 0 });
    const due = Array.from({ length: 64 }, () => from.send(new Uint8Array(1)))
      .flat()
      .map((frame) => receive(frame).ackDue);
    expect(due.indexOf(true)).toBe(63);
    expect(to.acknowledge()).toBe(64);
    const [large] = from.send(new Uint8Array(PART_BYTES));
    expect(large && receive(large).ackDue).toBe(true);
    to.acknowledge();
    expect(large && receive(large)).toEqual({ ackDue: true });
  });

  it('an ack of what was never sent, and a return from the future, are refused', () => {
    const window = new SessionWindow();
    window.send(new Uint8Array(1));
    expect(() => window.acknowledged(2)).toThrow(
      expect.objectContaining({ code: 'frame-invalid' }),
    );
    expect(window.missing(2)).toBeUndefined();
    expect(window.missing(0)).toHaveLength(1);
  });
});
