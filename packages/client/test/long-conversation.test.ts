import { type Message, PINS_ROOT, SEGMENT_ROOT, SEGMENT_SIZE } from '@weft/protocol';
import { openMemoryDevice } from '@weft/storage/device-memory';
import { describe, expect, it, vi } from 'vitest';
import type { ConversationHandle } from '../src/index.ts';
import { type Bench, bench, until, untilState } from './kit/setup.ts';

const START = 1_800_000_000_000;

function message(sequence: number): Message {
  return {
    id: `01J${String(sequence).padStart(23, '0')}`,
    sequence,
    revision: 1,
    author: 'bea',
    name: 'Bea',
    at: START + sequence,
    sentAt: START,
    body: { version: 1, text: `from Bea ${sequence}` },
  };
}

/** @param changes events so far that took no sequence */
function head({ server }: Bench, sequence: number, segment?: number, changes = 0): void {
  server.socket.say({
    type: 'event',
    conversation: 'general',
    event: sequence + changes,
    sequence,
    segment: segment ?? Math.floor((sequence - 1) / SEGMENT_SIZE),
  });
}

/** A server that has this many messages, and a client that has opened them. */
async function opened(total: number) {
  const test = bench();
  await untilState(test.weft.connection, 'online');
  for (let sequence = 1; sequence <= total; sequence += 1) {
    test.server.post('general', message(sequence));
  }
  const room = test.weft.conversation('general');
  await test.server.until(() => test.server.socket.step1s.length > 0);
  head(test, total);
  await until(room.phase, (phase) => phase === 'synced');
  return { test, room };
}

const sequences = (room: ConversationHandle) =>
  room.timeline.get().flatMap((item) => (item.state === 'stored' ? item.message.sequence : []));
const run = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);
const segments = ({ server }: Bench) =>
  server.socket.asked.map((address) => Number(address.split('/').at(-1)));

const TOTAL = SEGMENT_SIZE * 12 + 8;

/** Somebody who keeps all of it comes back to so many messages, and waits until all of it is there. */
async function comeBack(test: Bench, total: number, changes: number): Promise<void> {
  test.server.post('general', message(total));
  await untilState(test.weft.connection, 'online');
  const room = test.weft.conversation('general');
  await test.server.until(() => test.server.socket.step1s.length > 0);
  head(test, total, undefined, changes);
  await until(room.keeping, ({ state }) => state === 'kept');
}

/** The device has noted that it is whole up to an event. */
async function noted(test: Bench, event: number): Promise<void> {
  await vi.waitFor(() => {
    test.env.advance(3_000);
    expect(test.disk.values.get('whole/general')).toContain(`"event":${event},`);
  });
}

describe('a long conversation', () => {
  it('[C1] [C6] shows a run that ends with the newest; older messages have their places, and come when asked for', async () => {
    const { test, room } = await opened(TOTAL);
    const begins = SEGMENT_SIZE * 11 + 1;
    expect(sequences(room)).toEqual(run(begins, TOTAL));
    expect(room.history.get()).toMatchObject({ length: TOTAL, first: begins });
    expect(room.history.get().at(1000)).toBeUndefined();
    // The first is asked for, since nothing was known of the others.
    expect(segments(test)).toEqual([0, 12, 11]);

    const release = room.hold(SEGMENT_SIZE * 4 + 1, SEGMENT_SIZE * 5);
    await until(room.history, (history) => history.at(SEGMENT_SIZE * 4 + 1) !== undefined);
    const found = room.history.get().at(SEGMENT_SIZE * 5);
    expect(found?.message.body.text).toBe(`from Bea ${SEGMENT_SIZE * 5}`);
    // What says the same is the same, so that a view need not draw it again.
    expect(room.history.get().at(SEGMENT_SIZE * 5)).toBe(found);
    expect(segments(test)).toEqual([0, 12, 11, 4]);
    // It does not touch the run.
    expect(sequences(room)).toEqual(run(begins, TOTAL));
    release();
  });

  it('[C6] opens from the device with its newest messages, and lets go what nobody looks at', async () => {
    const { test, room } = await opened(TOTAL);
    for (let segment = 0; segment < 11; segment += 1) {
      const release = room.hold(segment * SEGMENT_SIZE + 1, segment * SEGMENT_SIZE + 1);
      await until(room.history, (history) => history.at(segment * SEGMENT_SIZE + 1) !== undefined);
      release();
    }
    // Of what was only passed by, a few segments stay; the first is where one hears who types.
    const here = run(0, 10).filter((segment) => room.history.get().at(segment * SEGMENT_SIZE + 1));
    expect(here).toEqual([0, 7, 8, 9, 10]);

    const offline = await test.reload({ connect: false });
    const again = offline.weft.conversation('general');
    await again.loaded;
    expect(again.phase.get()).toBe('local');
    expect(sequences(again)).toEqual(run(SEGMENT_SIZE * 11 + 1, TOTAL));
    again.hold(3, 3);
    await until(again.history, (history) => history.at(3) !== undefined);
  });

  it('[C6] a device that was away a while fetches what is between; after a long while it leaves that for later', async () => {
    const { test, room } = await opened(SEGMENT_SIZE + 8);
    for (const [total, first] of [
      [SEGMENT_SIZE * 4 + 8, 1],
      [SEGMENT_SIZE * 12 + 8, SEGMENT_SIZE * 11 + 1],
    ] as const) {
      for (let at = room.history.get().length + 1; at <= total; at += 1) {
        test.server.post('general', message(at));
      }
      head(test, total);
      await until(room.history, (history) => history.length === total);
      await until(room.history, (history) => history.first === first);
    }
    expect(room.unread.get()).toMatchObject({
      count: SEGMENT_SIZE + 8,
      uncounted: SEGMENT_SIZE * 11,
    });
  });

  it('finds the first message at or after an instant without reading all of them', async () => {
    const { test, room } = await opened(TOTAL);
    expect(await room.sequenceAt(START + 1_700)).toBe(1_700);
    expect(await room.sequenceAt(0)).toBe(1);
    expect(await room.sequenceAt(START + SEGMENT_SIZE * 5 + 1)).toBe(SEGMENT_SIZE * 5 + 1);
    expect(await room.sequenceAt(START + TOTAL * 2)).toBe(TOTAL);
    expect(new Set(segments(test)).size).toBeLessThan(13);
  });

  it('keeps all of it on the device when it is told to, and goes on with that after a reload', async () => {
    const { test, room } = await opened(TOTAL);
    room.keep(true);
    await until(room.keeping, ({ state }) => state === 'kept');
    const offline = await test.reload({ connect: false });
    const again = offline.weft.conversation('general');
    await again.loaded;
    for (const sequence of [1, SEGMENT_SIZE * 3 + 7, SEGMENT_SIZE * 10]) {
      const release = again.hold(sequence, sequence);
      await until(again.history, (history) => history.at(sequence) !== undefined);
      release();
    }
    // It cannot be known here that nothing is missing.
    expect(again.keeping.get().state).toBe('fetching');
    again.keep(false);
    expect(again.keeping.get()).toEqual({ state: 'off' });
  });

  it('is not kept before the server was heard about every segment: an old message may be another one now', async () => {
    const { test, room } = await opened(TOTAL);
    room.keep(true);
    await until(room.keeping, ({ state }) => state === 'kept');
    await test.weft.flush();
    const again = await test.reload();
    again.server.answers = false;
    await untilState(again.weft.connection, 'online');
    const back = again.weft.conversation('general');
    await again.server.until(() => again.server.socket.step1s.length > 0);
    const changed = {
      ...message(3),
      revision: 2,
      body: { version: 1, text: 'Changed meanwhile.' },
    };
    again.server.doc('conversation/general/0').getMap(SEGMENT_ROOT).set('3', changed);
    head(again, TOTAL, undefined, 1);
    const states: string[] = [];
    back.keeping.subscribe(() => states.push(back.keeping.get().state));
    // Each is asked about when the one before was answered.
    while (again.server.socket.unanswered.length > 0 || new Set(segments(again)).size < 13) {
      await again.server.until(() => again.server.socket.unanswered.length > 0);
      await back.loaded;
      expect(back.keeping.get().state).toBe('fetching');
      again.server.socket.answer();
    }
    await until(back.keeping, ({ state }) => state === 'kept');
    const offline = await again.reload({ connect: false });
    const third = offline.weft.conversation('general');
    await third.loaded;
    third.hold(3, 3);
    await until(third.history, (history) => history.at(3) !== undefined);
    expect(third.history.get().at(3)).toMatchObject({ message: { body: changed.body } });
  });

  it('a device that keeps all of it compares what may have changed, and nothing else, when it comes back', async () => {
    const { test, room } = await opened(TOTAL);
    room.keep(true);
    await until(room.keeping, ({ state }) => state === 'kept');
    await noted(test, TOTAL);
    // What happens while it is there is followed: a message, and an edit of an old one.
    test.server.post('general', message(TOTAL + 1));
    head(test, TOTAL + 1);
    head(test, TOTAL + 1, 3, 1);
    await noted(test, TOTAL + 2);

    const one = await test.reload();
    await comeBack(one, TOTAL + 2, 1);
    expect(new Set(segments(one))).toEqual(new Set([0, 11, 12]));
    await noted(one, TOTAL + 3);

    // An event that is no message may have changed any of them.
    const two = await one.reload();
    await comeBack(two, TOTAL + 3, 2);
    expect(new Set(segments(two))).toEqual(new Set(run(0, 12)));
    await noted(two, TOTAL + 5);

    // So may anything have, where the device let a segment go.
    await openMemoryDevice(two.disk).evict('conversation/general/5');
    const three = await two.reload();
    await comeBack(three, TOTAL + 4, 2);
    expect(new Set(segments(three))).toEqual(new Set([0, 5, 11, 12]));
  });

  it('[C7] a change to an old message is shown where it is until its effect arrives', async () => {
    const { test, room } = await opened(TOTAL);
    room.hold(3, 3);
    await until(room.history, (history) => history.at(3) !== undefined);
    await room.react(message(3).id, '🎉');
    expect(room.history.get().at(3)).toMatchObject({ waiting: 1, reactions: [{ emoji: '🎉' }] });
    await test.weft.flush();
    const offline = await test.reload({ connect: false });
    const again = offline.weft.conversation('general');
    await again.loaded;
    // Nobody asked for the old message: what waits there is not lost from sight.
    await until(again.history, (history) => history.at(3)?.waiting === 1);
  });

  it('[C10] lists what is pinned wherever it is, over what it lets go, and brings it when asked for', async () => {
    const { test, room } = await opened(TOTAL);
    const old = SEGMENT_SIZE * 3 + 7;
    const pin = (sequence: number) =>
      test.server.edit('conversation/general/0', (doc) => {
        doc.getMap(PINS_ROOT).set(String(sequence), { by: 'bea', at: START, event: TOTAL + 1 });
      });
    for (const sequence of [old, TOTAL]) pin(sequence);
    await until(room.history, ({ pinned }) => pinned.length === 1);
    expect(room.history.get().pinnedElsewhere).toEqual([old]);
    for (let segment = 2; segment < 10; segment += 1) {
      const at = segment * SEGMENT_SIZE + 7;
      const release = room.hold(at, at);
      await until(room.history, (history) => history.at(at) !== undefined);
      if (at === old) {
        expect(room.history.get().pinned.map(({ message: { sequence } }) => sequence)).toEqual([
          old,
          TOTAL,
        ]);
      }
      release();
    }
    // Its segment was let go; where it is pinned was not.
    expect(room.history.get().at(old)).toBeUndefined();
    expect(room.history.get().pinnedElsewhere).toEqual([old]);
  });
});
