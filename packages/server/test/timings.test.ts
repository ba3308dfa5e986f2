import { type ConversationEvent, TIMING_BOUNDS, type TimingHistogram } from '@weft/protocol';
import { describe, expect, it } from 'vitest';
import { Timings } from '../src/conversations/timings.ts';
import { rawClient } from './support/raw-client.ts';
import { editorToken, signToken, startServer } from './support/server.ts';

const ULID = '01J00000000000000000000001';

function message(
  sequence: number,
  at: number,
  options: {
    readonly sentAt?: number;
    readonly device?: string;
    readonly conversation?: string;
  } = {},
): ConversationEvent {
  const { sentAt = at, device = 'd', conversation = 'general' } = options;
  const body = { version: 1, text: 'x' } as const;
  return {
    type: 'message',
    event: sequence,
    sequence,
    segment: 0,
    clock: 0,
    epoch: 1,
    command: {
      type: 'command',
      id: ULID,
      device,
      counter: 1,
      conversation,
      at: sentAt,
      action: { type: 'send', body },
    },
    message: { id: ULID, sequence, revision: 1, author: 'ann', name: 'Ann', at, sentAt, body },
  };
}

/** Upper bounds of the buckets with something in them, each as often. */
function bounds({ counts }: TimingHistogram): readonly number[] {
  return counts.flatMap((count, index) =>
    Array.from({ length: count }, () => TIMING_BOUNDS[index] ?? Number.POSITIVE_INFINITY),
  );
}

describe('how long messages take', () => {
  it('each step is counted once: to the commit, to the first other device, to the first other eyes', () => {
    let now = 1_000;
    const timings = new Timings(() => now);
    timings.stored('_', message(1, 1_000, { sentAt: 980 }));
    timings.stored('_', message(2, 1_000));
    const moved = (person: string, delivered: number, read: number) =>
      timings.moved('_', 'general', { person, name: person, delivered, read });
    now = 1_005;
    moved('ann', 2, 2);
    now = 1_080;
    moved('bea', 2, 0);
    now = 3_000;
    moved('eve', 2, 1);
    now = 3_001;
    moved('bea', 2, 1);
    const { since, sentToStored, storedToDelivered, deliveredToRead } = timings.of('_', 'general');
    expect(since).toBe(1_000);
    expect(bounds(sentToStored)).toEqual([5, 25]);
    expect(bounds(storedToDelivered)).toEqual([100, 100]);
    expect(bounds(deliveredToRead)).toEqual([2_500]);
  });

  it('what a clock that is ahead, or a request over HTTP, says of the sending is left out', () => {
    const timings = new Timings(() => 0);
    timings.stored('_', message(1, 1_000, { sentAt: 2_000 }));
    timings.stored('_', message(2, 1_000, { device: 'http' }));
    expect(timings.of('_', 'general').sentToStored.count).toBe(0);
  });

  it('a conversation that had to make room begins anew, and says since when', () => {
    let now = 1;
    const timings = new Timings(() => now);
    timings.stored('_', message(1, 0));
    for (let n = 0; n < 1_000; n += 1) {
      timings.stored('_', message(1, 0, { conversation: `other-${n}` }));
    }
    now = 2;
    expect(timings.of('_', 'general')).toMatchObject({ since: 2, sentToStored: { count: 0 } });
    expect(timings.of('_', 'other-999')).toMatchObject({ since: 1, sentToStored: { count: 1 } });
  });

  it('[R2] are told over HTTP to whoever may read the conversation', async () => {
    const { http, sync } = await startServer();
    const client = await rawClient(sync);
    await client.hello(await editorToken('ann'));
    const action = { type: 'send', body: { version: 1, text: 'hello' } } as const;
    client.say({
      type: 'command',
      id: ULID,
      device: 'd',
      counter: 1,
      conversation: 'general',
      at: 0,
      action,
    });
    await client.weft('ack');
    const ask = async (token: string, what: string) => {
      const headers = { authorization: `Bearer ${token}` };
      const response = await fetch(`${http}/api/conversations/general/${what}`, { headers });
      const body: unknown = await response.json();
      return { status: response.status, body };
    };
    expect(await ask(await editorToken('bea'), 'timings')).toMatchObject({
      status: 200,
      body: { sentToStored: { count: 1 }, storedToDelivered: { count: 0 } },
    });
    for (const what of ['timings', 'members']) {
      expect((await ask(await signToken('eve', []), what)).status).toBe(403);
    }
  });
});
