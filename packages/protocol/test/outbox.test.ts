import * as v from 'valibot';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Ack,
  type Command,
  type Outbox,
  acknowledge,
  dismiss,
  enqueue,
  nextCounter,
  outboxEntrySchema,
  seen,
  sendable,
} from '../src/index.ts';
import { seeded } from './seeded.ts';

function command(n: number): Command {
  return {
    type: 'command',
    id: `01J${String(n).padStart(23, '0')}`,
    device: 'd1',
    counter: n,
    conversation: 'general',
    at: 1_700_000_000_000 + n,
    action: { type: 'send', body: { version: 1, text: `message ${n}` } },
  };
}

const storedAck = (n: number): Ack => ({
  type: 'ack',
  id: command(n).id,
  result: { outcome: 'stored', event: n, sequence: n, at: 1_800_000_000_000 },
});
const refusedAck = (n: number, code: string): Ack => ({
  type: 'ack',
  id: command(n).id,
  result: { outcome: 'refused', code, message: 'No.' },
});

/** Commands 1..8 are queued in order; then anything may happen to any of them, again and again. */
const happening = fc.record({
  what: fc.constantFrom('stored', 'later', 'never', 'unknown', 'seen', 'dismissed'),
  to: fc.integer({ min: 1, max: 8 }),
});
type Happening = typeof happening extends fc.Arbitrary<infer T> ? T : never;

function after(outbox: Outbox, { what, to }: Happening): Outbox {
  switch (what) {
    case 'stored':
      return acknowledge(outbox, storedAck(to));
    case 'later':
      return acknowledge(outbox, refusedAck(to, 'storage-failed'));
    case 'never':
      return acknowledge(outbox, refusedAck(to, 'message-too-long'));
    case 'unknown':
      return acknowledge(outbox, refusedAck(to, 'a code of a later version'));
    case 'seen':
      return seen(outbox, [command(to).id]);
    default:
      return dismiss(outbox, command(to).id);
  }
}

describe('outbox', () => {
  it('[C7] every command ends gone or failed, once, and only for a reason', () => {
    fc.assert(
      fc.property(fc.array(happening, { maxLength: 40, size: 'max' }), (happenings) => {
        let outbox: Outbox = [];
        for (let n = 1; n <= 8; n += 1) outbox = enqueue(outbox, command(n));
        const effects = new Set<string>();
        const failures = new Set<string>();
        for (const next of happenings) {
          const { id } = command(next.to);
          const before = outbox.find((entry) => entry.command.id === id);
          outbox = after(outbox, next);
          const now = outbox.find((entry) => entry.command.id === id);
          if (next.what === 'stored' || next.what === 'seen') effects.add(id);
          if (now?.state.state === 'failed') failures.add(id);
          // What was removed never comes back, and a queued one goes only by its effect.
          if (before === undefined) expect(now).toBeUndefined();
          if (before?.state.state === 'queued' && now === undefined) expect(effects).toContain(id);
          if (now?.state.state === 'failed') expect(failures).toContain(id);
          expect(new Set(outbox.map((entry) => entry.command.id)).size).toBe(outbox.length);
        }
        // Nothing is lost in silence: what is not here had its effect, or failed and was dismissed.
        for (let n = 1; n <= 8; n += 1) {
          const { id } = command(n);
          if (outbox.some((entry) => entry.command.id === id)) continue;
          expect(effects.has(id) || failures.has(id)).toBe(true);
        }
      }),
      { ...seeded, numRuns: 1_000 },
    );
  });

  it('[C5] what is sent keeps the order in which it was queued, whatever leaves in between', () => {
    fc.assert(
      fc.property(fc.array(happening, { maxLength: 40, size: 'max' }), (happenings) => {
        let outbox: Outbox = [];
        for (let n = 1; n <= 8; n += 1) outbox = enqueue(outbox, command(n));
        for (const next of happenings) {
          outbox = after(outbox, next);
          const counters = sendable(outbox).map(({ counter }) => counter);
          expect(counters).toEqual(counters.toSorted((a, b) => a - b));
        }
      }),
      seeded,
    );
  });

  it('[C7] a refusal that may pass leaves the command queued; one that will not says why', () => {
    const queued = enqueue([], command(1));
    expect(acknowledge(queued, refusedAck(1, 'storage-failed'))).toBe(queued);
    expect(acknowledge(queued, refusedAck(1, 'a code of a later version'))).toBe(queued);
    expect(acknowledge(queued, refusedAck(1, 'read-only'))).toEqual([
      { command: command(1), state: { state: 'failed', code: 'read-only', message: 'No.' } },
    ]);
  });

  it('[C7] a queued command cannot be dismissed: the server may have it', () => {
    const queued = enqueue([], command(1));
    expect(dismiss(queued, command(1).id)).toEqual(queued);
    expect(dismiss(acknowledge(queued, refusedAck(1, 'read-only')), command(1).id)).toEqual([]);
  });

  it('[C5] counters are dense from 1', () => {
    expect(nextCounter(undefined)).toBe(1);
    expect(nextCounter(7)).toBe(8);
  });

  it('[C7] an entry that a device kept reads back as it was', () => {
    const [entry] = acknowledge(enqueue([], command(1)), refusedAck(1, 'read-only'));
    expect(v.parse(outboxEntrySchema, JSON.parse(JSON.stringify(entry)))).toEqual(entry);
  });
});
