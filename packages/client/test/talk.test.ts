import { openMemoryDevice } from '@weft/storage/device-memory';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type ManualEnv, manualEnv } from './kit/manual-env.ts';

/** A client in which nobody has fetched anything yet, and whose conversations can be had or not. */
async function clientWithout(hasCode: () => boolean, store = openMemoryDevice()) {
  vi.resetModules();
  vi.doMock('../src/conversations.ts', async (original) => {
    if (!hasCode()) throw new TypeError('Failed to fetch');
    return original();
  });
  const { createWeft } = await import('../src/weft.ts');
  const { ScriptedServer } = await import('./kit/scripted-server.ts');
  const server = new ScriptedServer();
  const env = manualEnv(server.connect);
  const options = { url: 'ws://test.invalid/sync', token: 'token', store, env };
  return { server, env, make: (more = {}) => createWeft({ ...options, ...more }) };
}

/** Until the fetch of a part has failed, and is to be tried again. */
const failed = (env: ManualEnv) => vi.waitFor(() => expect(env.timers).toBeGreaterThan(0));

afterEach(() => {
  vi.doUnmock('../src/conversations.ts');
  vi.resetModules();
});

describe('a client that has not fetched its conversations', () => {
  it('[C3] [C7] sends what was said meanwhile once it has, in order, and shows it', async () => {
    let has = false;
    const { server, env, make } = await clientWithout(() => has);
    const weft = make();
    const room = weft.conversation('general');
    const told = vi.fn<() => void>();
    room.timeline.subscribe(told);
    const sent = [room.send('one'), room.send('two')];
    expect(room.phase.get()).toBe('loading');
    expect(weft.unsavedMessages.get()).toBe(2);
    await failed(env);
    // It is not safe, and that is what is said.
    await weft.flush();
    expect(weft.unsavedMessages.get()).toBe(2);
    expect(room.timeline.get()).toEqual([]);
    has = true;
    await vi.waitFor(() => {
      env.advance(60_000);
      expect(room.timeline.get()).toHaveLength(2);
    });
    await Promise.all(sent);
    await room.loaded;
    expect(told).toHaveBeenCalled();
    expect(weft.unsavedMessages.get()).toBe(0);
    await server.until(() => server.socket.commands.length > 0);
    // One of a conversation at a time.
    expect(server.socket.commands).toMatchObject([
      { counter: 1, action: { body: { text: 'one' } } },
    ]);
    await weft.close();
  });

  it('[C7] sends what an earlier session left on the device, without anybody opening a conversation', async () => {
    const store = openMemoryDevice();
    const { server, make } = await clientWithout(() => true, store);
    const first = make({ connect: false, store: { ...store, close: async () => undefined } });
    await first.conversation('general').send('left behind');
    await first.close();
    vi.resetModules();
    const { createWeft } = await import('../src/weft.ts');
    const weft = createWeft({
      url: 'ws://test.invalid/sync',
      token: 'token',
      store,
      env: manualEnv(server.connect),
    });
    await server.until(() => (server.sockets.at(-1)?.commands.length ?? 0) > 0);
    expect(server.socket.commands).toMatchObject([{ action: { body: { text: 'left behind' } } }]);
    await weft.close();
  });

  it('does not fetch them for a page that shows documents alone', async () => {
    const asked = vi.fn<() => boolean>(() => true);
    const { make } = await clientWithout(asked);
    const weft = make();
    await weft.document('spec').synced;
    await weft.flush();
    expect(asked).not.toHaveBeenCalled();
    await weft.close();
  });

  it('tells whoever sent something when it ends without them', async () => {
    const { env, make } = await clientWithout(() => false);
    const weft = make({ connect: false });
    const sent = weft.conversation('general').send('one');
    await failed(env);
    await Promise.all([
      expect(sent).rejects.toMatchObject({ code: 'device-failed' }),
      weft.close(),
    ]);
    expect(env.timers).toBe(0);
  });
});
