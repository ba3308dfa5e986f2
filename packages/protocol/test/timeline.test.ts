import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Message, type Outbox, timeline } from '../src/index.ts';
import { seeded } from './seeded.ts';

const idOf = (n: number) => `01J${String(n).padStart(23, '0')}`;

function message(sequence: number): Message {
  return {
    id: idOf(sequence),
    sequence,
    revision: 1,
    author: 'ann',
    name: 'Ann',
    at: 1_800_000_000_000 + sequence,
    sentAt: 1_700_000_000_000,
    body: { version: 1, text: `message ${sequence}` },
  };
}

/** An entry of the outbox; with the id of message `n`, it is that message on its way. */
function entry(n: number, failed: boolean): Outbox[number] {
  return {
    command: {
      type: 'command',
      id: idOf(n),
      device: 'd1',
      counter: n,
      conversation: 'general',
      at: 1_700_000_000_000,
      action: { type: 'send', body: { version: 1, text: `message ${n}` } },
    },
    state: failed ? { state: 'failed', code: 'read-only', message: 'No.' } : { state: 'queued' },
  };
}

const sequences = fc.uniqueArray(fc.integer({ min: 1, max: 12 }), { maxLength: 12 });
const entries = fc.uniqueArray(
  fc.record({ n: fc.integer({ min: 1, max: 15 }), failed: fc.boolean() }),
  {
    selector: ({ n }) => n,
    maxLength: 6,
  },
);

describe('timeline', () => {
  it('[C6] shows a gap-free prefix in order, then each entry of the outbox once', () => {
    fc.assert(
      fc.property(sequences, entries, (arrived, waiting) => {
        const messages = new Map(arrived.map((sequence) => [sequence, message(sequence)]));
        const outbox = waiting.map(({ n, failed }) => entry(n, failed));
        const items = timeline(messages, outbox);
        const stored = items.flatMap((item) => (item.state === 'stored' ? [item.message] : []));
        expect(stored.map(({ sequence }) => sequence)).toEqual(stored.map((_, i) => i + 1));
        expect(messages.has(stored.length + 1)).toBe(false);
        expect(items.slice(0, stored.length).every(({ state }) => state === 'stored')).toBe(true);
        const shown = new Set(stored.map(({ id }) => id));
        expect(items.slice(stored.length).map(({ id }) => id)).toEqual(
          outbox.map(({ command }) => command.id).filter((id) => !shown.has(id)),
        );
        expect(new Set(items.map(({ id }) => id)).size).toBe(items.length);
      }),
      { ...seeded, numRuns: 500 },
    );
  });

  it('[C6] the order of arrival does not matter', () => {
    fc.assert(
      fc.property(sequences, fc.nat(), (arrived, turn) => {
        const at = arrived.length === 0 ? 0 : turn % arrived.length;
        const list = (order: readonly number[]) =>
          timeline(new Map(order.map((sequence) => [sequence, message(sequence)])), []);
        expect(list([...arrived.slice(at), ...arrived.slice(0, at)])).toEqual(list(arrived));
      }),
      seeded,
    );
  });

  it('[C7] a message that arrives takes the place of its entry, failed or not', () => {
    const messages = new Map([[1, message(1)]]);
    for (const failed of [false, true]) {
      expect(timeline(messages, [entry(1, failed)])).toEqual([
        { state: 'stored', id: idOf(1), message: message(1) },
      ]);
    }
  });

  it('[C7] a failed entry says why', () => {
    expect(timeline(new Map(), [entry(1, true)])).toMatchObject([
      { state: 'failed', code: 'read-only', reason: 'No.' },
    ]);
  });

  it("[C7] somebody else's message under the id of one that failed here hides nothing", () => {
    const messages = new Map([[1, message(1)]]);
    const states = (me: string) =>
      timeline(messages, [entry(1, true)], undefined, me).map(({ state }) => state);
    expect(states('bea')).toEqual(['stored', 'failed']);
    expect(states('ann')).toEqual(['stored']);
  });
});
