import { describe, expect, it } from 'vitest';
import { Awareness, applyAwarenessUpdate, encodeAwarenessUpdate } from 'y-protocols/awareness';
import * as Y from 'yjs';
import { type Bench, bench, untilState } from './kit/setup.ts';

const ADDRESS = 'document/spec';

/** Somebody else's awareness, as the server relays it. */
function other(state: Record<string, unknown>) {
  const awareness = new Awareness(new Y.Doc());
  awareness.setLocalState(state);
  const update = encodeAwarenessUpdate(awareness, [awareness.clientID]);
  awareness.destroy();
  return { client: awareness.clientID, update };
}

/** What everybody else sees, after the frames sent so far. */
function seenByOthers({ server }: Bench): ReadonlyMap<number, unknown> {
  const awareness = new Awareness(new Y.Doc());
  awareness.setLocalState(null);
  for (const { bytes } of server.sockets.flatMap((socket) => socket.awareness)) {
    applyAwarenessUpdate(awareness, bytes, 'test');
  }
  const states = new Map(awareness.getStates());
  awareness.destroy();
  return states;
}

function change(awareness: Awareness): Promise<void> {
  return new Promise((resolve) => {
    awareness.once('change', () => resolve());
  });
}

describe('presence', () => {
  it('sends the latest own state, at most every 50 ms', async () => {
    const test = bench();
    const { weft, server, env } = test;
    const handle = weft.document('spec');
    await handle.synced;
    env.advance(50);
    const before = server.socket.awareness.length;
    for (let x = 0; x <= 100; x += 1) handle.awareness.setLocalStateField('x', x);
    await server.until(() => server.socket.awareness.length === before + 1);
    env.advance(49);
    await weft.flush();
    expect(server.socket.awareness).toHaveLength(before + 1);
    env.advance(1);
    await server.until(() => server.socket.awareness.length === before + 2);
    expect(seenByOthers(test).get(handle.doc.clientID)).toEqual({ x: 100 });
  });

  it('shows others, and forgets them with the socket until they are told of again', async () => {
    const { weft, server, env } = bench();
    const handle = weft.document('spec');
    await handle.synced;
    const bea = other({ name: 'Bea' });
    const shown = change(handle.awareness);
    server.socket.sendAwareness(ADDRESS, bea.update);
    await shown;
    expect(handle.awareness.getStates().get(bea.client)).toEqual({ name: 'Bea' });
    server.socket.cut();
    expect([...handle.awareness.getStates().keys()]).toEqual([handle.doc.clientID]);
    env.advance(60_000);
    await server.until(() => server.sockets.length === 2 && server.socket.step1s.length === 1);
    // The same state, with the same clock, counts again.
    const again = change(handle.awareness);
    server.socket.sendAwareness(ADDRESS, bea.update);
    await again;
    expect(handle.awareness.getStates().get(bea.client)).toEqual({ name: 'Bea' });
  });

  it('on a new socket the own state is sent with a clock that counts', async () => {
    const test = bench();
    const { weft, server, env } = test;
    const handle = weft.document('spec');
    await handle.synced;
    handle.awareness.setLocalState({ name: 'Ann' });
    env.advance(50);
    await server.until(() => server.socket.awareness.length >= 2);
    const clock = () => handle.awareness.meta.get(handle.doc.clientID)?.clock ?? 0;
    const before = clock();
    server.socket.cut();
    env.advance(60_000);
    await untilState(weft.connection, 'online');
    await server.until(() => server.socket.awareness.length >= 1);
    expect(clock()).toBeGreaterThan(before);
  });

  it('closing a document says so at once, and opening it again shows the person anew', async () => {
    const test = bench();
    const { weft, server } = test;
    const handle = weft.document('spec');
    await handle.synced;
    handle.awareness.setLocalState({ name: 'Ann' });
    const client = handle.doc.clientID;
    handle.close();
    await server.until(() => server.socket.closes.length === 1);
    expect(seenByOthers(test).has(client)).toBe(false);
  });

  it('a document that is only still being sent shows nobody', async () => {
    const test = bench();
    const { weft, server, env } = test;
    const handle = weft.document('spec');
    await handle.synced;
    handle.awareness.setLocalState({ name: 'Ann' });
    handle.doc.getText('content').insert(0, 'a');
    await server.write();
    const client = handle.doc.clientID;
    handle.close();
    env.advance(50);
    await weft.flush();
    expect(server.socket.closes).toEqual([]);
    expect(seenByOthers(test).has(client)).toBe(false);
    const back = weft.document('spec');
    expect(back.doc).toBe(handle.doc);
    back.awareness.setLocalState({ name: 'Ann' });
    env.advance(50);
    server.socket.store();
    await untilState(back.status, 'stored');
    expect(seenByOthers(test).get(client)).toEqual({ name: 'Ann' });
  });

  it('a listener that fails is told of elsewhere, and stops nothing', async () => {
    const { weft, server } = bench();
    const handle = weft.document('spec');
    await handle.synced;
    const failure = new Promise<unknown>((resolve) => {
      const listeners = process.listeners('uncaughtException');
      process.removeAllListeners('uncaughtException');
      process.once('uncaughtException', (error) => {
        for (const listener of listeners) process.on('uncaughtException', listener);
        resolve(error);
      });
    });
    handle.doc.getText('content').observe(() => {
      throw new Error('of the embedder');
    });
    server.edit(ADDRESS, (doc) => doc.getText('content').insert(0, 'a'));
    expect(await failure).toMatchObject({ message: 'of the embedder' });
    expect(weft.connection.get()).toEqual({ state: 'online' });
    expect(handle.doc.getText('content').toJSON()).toBe('a');
  });
});
