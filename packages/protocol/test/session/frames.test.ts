import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type SessionFrame,
  WeftError,
  decodeSessionFrame,
  encodeDataHead,
  encodeSessionFrame,
} from '../../src/index.ts';
import { seeded } from '../seeded.ts';

const sequence = fc.maxSafeNat();
const text = fc.string({ unit: 'grapheme', maxLength: 40 });
const frame: fc.Arbitrary<SessionFrame> = fc.oneof(
  fc.record({ type: fc.constant('open' as const) }),
  fc.record({
    type: fc.constant('resume' as const),
    secret: text,
    received: sequence,
    token: text,
  }),
  fc.record({ type: fc.constant('opened' as const), secret: text }),
  fc.record({ type: fc.constant('resumed' as const), secret: text, received: sequence }),
  fc.record({ type: fc.constant('refused' as const), code: text }),
  fc.record({ type: fc.constantFrom('ack', 'ping', 'pong'), received: sequence }),
  fc.record({
    type: fc.constant('data' as const),
    sequence,
    received: sequence,
    channel: fc.constant(0),
    last: fc.constant(true),
    payload: fc.uint8Array({ maxLength: 300 }),
  }),
  fc.record({
    type: fc.constant('data' as const),
    sequence,
    received: sequence,
    channel: fc.integer({ min: 1, max: 1_000 }),
    last: fc.boolean(),
    payload: fc.uint8Array({ maxLength: 300 }),
  }),
);

function encode(value: SessionFrame): Uint8Array {
  if (value.type !== 'data') return encodeSessionFrame(value);
  const head = encodeDataHead(value, value.sequence, value.received);
  return Uint8Array.from([...head, ...value.payload]);
}

describe('frames of a session', () => {
  it('every frame reads as it was written', () => {
    fc.assert(
      fc.property(frame, (value) => {
        expect(decodeSessionFrame(encode(value))).toEqual(value);
      }),
      { ...seeded, numRuns: 500 },
    );
  });

  it('any bytes are read or refused as `frame-invalid`, never with another error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        try {
          decodeSessionFrame(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(WeftError);
          expect(error).toHaveProperty('code', 'frame-invalid');
        }
      }),
      { ...seeded, numRuns: 2_000 },
    );
  });
});
