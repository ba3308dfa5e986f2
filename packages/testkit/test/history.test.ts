import { describe, expect, it } from 'vitest';
import {
  HistoryCheck,
  type HistoryEvent,
  describeHistory,
  historyWriter,
  readHistoryLine,
} from '../src/history.ts';

const at = 0;
const conversation = 'loom';
const sent = (peer: string, id: string): HistoryEvent => ({
  type: 'sent',
  at,
  peer,
  conversation,
  id,
});
const acked = (peer: string, id: string, sequence: number): HistoryEvent => ({
  ...{ type: 'acked', at, peer, conversation, id, sequence },
});
const failed = (peer: string, id: string): HistoryEvent => ({
  ...{ type: 'failed', at, peer, conversation, id },
});
const durable = (id: string, sequence: number): HistoryEvent => ({
  ...{ type: 'durable', at, conversation, id, sequence },
});
const shown = (
  peer: string,
  ...messages: readonly (readonly [string, number])[]
): HistoryEvent => ({
  ...{ type: 'shown', at, peer, conversation },
  messages: messages.map(([id, sequence]) => ({ id, sequence })),
});
const receipt = (peer: string, delivered: number, read: number): HistoryEvent => ({
  ...{ type: 'receipt', at, peer, conversation, member: 'bea', delivered, read },
});
const replica = (
  peer: string,
  hash: string,
  state: string,
  changes?: Record<string, number>,
): HistoryEvent => ({
  ...{ type: 'replica', at, peer, document: 'plan', hash, state },
  ...(changes === undefined ? {} : { changes }),
});
const stored = (peer: string, change: number): HistoryEvent => ({
  ...{ type: 'stored', at, peer, document: 'plan', change },
});
const end: HistoryEvent = { type: 'end', at };

/** The history of a good afternoon. */
const SOUND: readonly HistoryEvent[] = [
  sent('ann', 'a1'),
  sent('ann', 'a2'),
  sent('bea', 'b1'),
  acked('ann', 'a1', 1),
  shown('bea', ['a1', 1], ['b1', 2]),
  acked('bea', 'b1', 2),
  acked('ann', 'a2', 3),
  receipt('ann', 1, 0),
  receipt('ann', 3, 3),
  sent('bea', 'b2'),
  failed('bea', 'b2'),
  shown('ann', ['a1', 1], ['b1', 2], ['a2', 3]),
  durable('a1', 1),
  durable('b1', 2),
  durable('a2', 3),
  stored('ann', 4),
  replica('ann', 'h', 's', { ann: 4 }),
  replica('bea', 'h', 's', { ann: 4 }),
  end,
];

function judged(events: readonly HistoryEvent[]) {
  const check = new HistoryCheck();
  for (const event of events) check.take(event);
  return check.report();
}

/** The laws that a history breaks. */
function broken(...events: readonly HistoryEvent[]): readonly string[] {
  return [...new Set(judged(events).violations.map(({ law }) => law))];
}

describe('laws over a history', () => {
  it('finds nothing in a sound one, and says how often it asked', () => {
    const report = judged(SOUND);
    expect(report.violations).toEqual([]);
    expect([...report.asked.keys()].toSorted()).toEqual(
      ['C1', 'C2', 'C3', 'C4', 'C5', 'C6', 'C7', 'C8', 'D1', 'D2'].toSorted(),
    );
    expect(describeHistory(report)).toContain('No law is broken.');
  });

  it('[C1] a sequence that is nowhere', () => {
    expect(broken(acked('ann', 'a', 1), acked('ann', 'c', 3), end)).toEqual(['C1']);
  });
  it('[C2] a sequence that names two messages', () => {
    expect(broken(shown('ann', ['a', 1]), shown('bea', ['b', 1]), end)).toEqual(['C2']);
  });
  it('[C3] a message that has two places', () => {
    expect(broken(acked('ann', 'a', 1), shown('bea', ['a', 2]))).toEqual(['C3']);
  });
  it('[C4] an ack of what the log lacks', () => {
    expect(broken(durable('a', 1), acked('ann', 'b', 2), end)).toEqual(['C1', 'C4']);
  });
  it('[C5] messages of one device that changed places', () => {
    expect(
      broken(sent('ann', 'a'), sent('ann', 'b'), shown('bea', ['b', 1], ['a', 2]), end),
    ).toEqual(['C5']);
  });
  it('[C6] a list with a gap', () => {
    expect(broken(shown('bea', ['a', 1], ['c', 3]))).toEqual(['C6']);
  });
  it('[C7] a message that ended twice, and one that never did', () => {
    expect(broken(sent('ann', 'a'), acked('ann', 'a', 1), failed('ann', 'a'))).toEqual(['C7']);
    expect(broken(sent('ann', 'a'), end)).toEqual(['C7']);
  });
  it('[C8] a receipt that went back, and one of what is not there', () => {
    expect(broken(receipt('ann', 3, 2), receipt('ann', 3, 1))).toEqual(['C8']);
    expect(broken(acked('ann', 'a', 1), receipt('ann', 2, 2), end)).toEqual(['C8']);
  });
  it('[D1] one state with two hashes, and two ends', () => {
    expect(broken(replica('ann', 'h', 's'), replica('bea', 'i', 's'))).toEqual(['D1']);
    expect(broken(replica('ann', 'h', 's'), replica('bea', 'i', 't'), end)).toEqual(['D1']);
  });
  it('[D2] a change that was called stored, and that a replica ended without', () => {
    expect(broken(stored('ann', 4), replica('bea', 'h', 's', { ann: 3 }), end)).toEqual(['D2']);
  });

  it('asks nothing about ends of a history without one, and says so', () => {
    const report = judged([sent('ann', 'a')]);
    expect(report.violations).toEqual([]);
    expect(describeHistory(report)).toContain('It has no end');
  });
});

describe('a history in a file', () => {
  it('reads back what was written', () => {
    const lines: string[] = [];
    const write = historyWriter((line) => lines.push(line));
    for (const event of SOUND) write(event);
    const read = lines.map((line, index) => readHistoryLine(line, index + 1));
    expect(read.slice(1)).toEqual(SOUND);
  });

  it('refuses what it does not understand, in a sentence', () => {
    expect(() => readHistoryLine('{"type":"history","version":2}', 1)).toThrow(
      'This history has version 2, and this program reads 1: use the testkit that wrote it.',
    );
    expect(() => readHistoryLine('{"type":"end","at":1}', 1)).toThrow('This is no history');
    expect(() => readHistoryLine('nonsense', 7)).toThrow('Line 7 is no JSON');
    expect(() => readHistoryLine('{"type":"sent"}', 8)).toThrow('Line 8 is no event of a history');
  });
});
