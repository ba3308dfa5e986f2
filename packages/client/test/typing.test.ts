import { describe, expect, it } from 'vitest';
import { Awareness, applyAwarenessUpdate, encodeAwarenessUpdate } from 'y-protocols/awareness';
import * as Y from 'yjs';
import { type Bench, bench, until } from './kit/setup.ts';

const ADDRESS = 'conversation/general/0';

async function opened() {
  const test = bench({ person: { sub: 'ann', name: 'Ann' } });
  test.server.access.set(ADDRESS, 'reader');
  const room = test.weft.conversation('general');
  await test.server.until(() => (test.server.sockets.at(-1)?.step1s.length ?? 0) > 0);
  test.server.socket.say({
    type: 'event',
    conversation: 'general',
    event: 0,
    sequence: 0,
    segment: 0,
  });
  await until(room.phase, (phase) => phase === 'synced');
  return { test, room };
}

/** Somebody else's presence in the conversation, stamped as the server does. */
function somebody(sub: string, name: string) {
  const awareness = new Awareness(new Y.Doc());
  const say = ({ server }: Bench, state: Record<string, unknown> | null) => {
    awareness.setLocalState(state === null ? null : { ...state, user: { sub, name } });
    const update = encodeAwarenessUpdate(awareness, [awareness.clientID]);
    server.socket.sendAwareness(ADDRESS, update);
  };
  awareness.doc.on('destroy', () => awareness.destroy());
  return { say };
}

/** What others are shown, after each frame that was sent. */
function said({ server }: Bench): readonly unknown[] {
  const awareness = new Awareness(new Y.Doc());
  awareness.setLocalState(null);
  const states = server.sockets
    .flatMap((socket) => socket.awareness)
    .map(({ bytes }) => {
      applyAwarenessUpdate(awareness, bytes, 'test');
      return [...awareness.getStates().values()][0];
    });
  awareness.destroy();
  return states;
}

describe('typing in a conversation', () => {
  it('[P5] others are told of the first key, then every two seconds, and of the end', async () => {
    const { test, room } = await opened();
    expect(said(test)).toEqual([]);
    for (let key = 0; key < 20; key += 1) {
      room.setTyping(true);
      test.env.advance(150);
    }
    await test.server.until(() => said(test).length >= 2);
    expect(said(test)).toEqual([{ typing: true }, { typing: true }]);
    test.env.advance(4_000);
    await test.server.until(() => said(test).length >= 3);
    expect(said(test).at(-1)).toBeUndefined();
  });

  it('[P5] a message that is sent ends it at once', async () => {
    const { test, room } = await opened();
    room.setTyping(true);
    await test.server.until(() => said(test).length === 1);
    test.env.advance(50);
    await room.send('done');
    await test.server.until(() => said(test).length === 2);
    expect(said(test)).toEqual([{ typing: true }, undefined]);
  });

  it('[P5] somebody who typed is shown until they stop, or are heard no more', async () => {
    const { test, room } = await opened();
    const bea = somebody('bea', 'Bea');
    const eve = somebody('eve', 'Eve');
    bea.say(test, { typing: true });
    eve.say(test, { typing: true });
    await until(room.typing, (people) => people.length === 2);
    expect(room.typing.get()).toEqual([
      { person: 'bea', name: 'Bea' },
      { person: 'eve', name: 'Eve' },
    ]);
    bea.say(test, null);
    await until(room.typing, (people) => people.length === 1);
    test.env.advance(3_000);
    eve.say(test, { typing: true });
    await test.weft.flush();
    test.env.advance(5_999);
    expect(room.typing.get()).toEqual([{ person: 'eve', name: 'Eve' }]);
    test.env.advance(1);
    expect(room.typing.get()).toEqual([]);
  });

  it('one’s own other tabs, and presence that says something else, are not shown', async () => {
    const { test, room } = await opened();
    somebody('ann', 'Ann').say(test, { typing: true });
    somebody('dan', 'Dan').say(test, { cursor: 1 });
    somebody('bea', 'Bea').say(test, { typing: true });
    await until(room.typing, (people) => people.length > 0);
    expect(room.typing.get()).toEqual([{ person: 'bea', name: 'Bea' }]);
  });
});
