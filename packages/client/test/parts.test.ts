import { afterEach, describe, expect, it, vi } from 'vitest';
import { part, whenHere } from '../src/parts.ts';
import { manualEnv } from './kit/manual-env.ts';

const env = () =>
  manualEnv(() => {
    throw new Error('No socket here.');
  });

describe('a part of the client that is fetched when it is needed', () => {
  it('is fetched once, however many ask for it', async () => {
    const fetch = vi.fn<() => Promise<string>>(async () => 'it');
    const wanted = part(fetch);
    expect(wanted.now).toBeUndefined();
    await Promise.all([wanted.load(), wanted.load()]);
    await wanted.load();
    expect(wanted.now).toBe('it');
    expect(fetch).toHaveBeenCalledTimes(1);
  });

  it('is asked for again where it could not be had, at longer and longer intervals', async () => {
    const wanted = part<string>(
      vi
        .fn<() => Promise<string>>()
        .mockRejectedValueOnce(new TypeError('Failed to fetch'))
        .mockRejectedValueOnce(new TypeError('Failed to fetch'))
        .mockResolvedValue('it'),
    );
    const clock = env();
    const here = vi.fn<() => void>();
    whenHere(wanted, clock, here);
    await vi.waitFor(() => expect(clock.timers).toBe(1));
    clock.advance(1_000);
    await vi.waitFor(() => expect(clock.timers).toBe(1));
    clock.advance(1_999);
    expect(here).not.toHaveBeenCalled();
    clock.advance(1);
    await vi.waitFor(() => expect(here).toHaveBeenCalledTimes(1));
    expect(wanted.now).toBe('it');
    expect(clock.timers).toBe(0);
  });

  it('calls nobody back who does not wait any more', async () => {
    const wanted = part<string>(
      vi
        .fn<() => Promise<string>>()
        .mockRejectedValueOnce(new Error('No.'))
        .mockResolvedValue('it'),
    );
    const clock = env();
    const here = vi.fn<() => void>();
    const gone = whenHere(wanted, clock, here);
    await vi.waitFor(() => expect(clock.timers).toBe(1));
    gone();
    expect(clock.timers).toBe(0);
    const other = vi.fn<() => void>();
    whenHere(wanted, clock, other)();
    await wanted.load();
    expect(here).not.toHaveBeenCalled();
    expect(other).not.toHaveBeenCalled();
  });
});

describe('a client without its parts', () => {
  afterEach(() => {
    vi.doUnmock('../src/session.ts');
    vi.doUnmock('../src/rebuild.ts');
    vi.doUnmock('../src/split.ts');
    vi.resetModules();
  });

  it('[D1] [D2] keeps refused work as it is until the part that sorts it out can be had', async () => {
    vi.resetModules();
    let refuse = true;
    vi.doMock('../src/rebuild.ts', async (original) => {
      if (refuse) throw new TypeError('Failed to fetch');
      return original();
    });
    // Fresh modules: in these nobody has fetched anything yet.
    const { createWeft } = await import('../src/weft.ts');
    const { openMemoryDevice } = await import('@weft/storage/device-memory');
    const { ScriptedServer } = await import('./kit/scripted-server.ts');
    const { door } = await import('./kit/door.ts');
    const server = new ScriptedServer();
    door(server);
    const clock = manualEnv(server.connect);
    const weft = createWeft({
      url: 'ws://test.invalid/sync',
      token: 'token',
      store: openMemoryDevice(),
      env: clock,
    });
    const handle = weft.document('spec');
    await handle.synced;
    handle.doc.getText('content').insert(0, 'bad. ');
    await vi.waitFor(() => expect(clock.timers).toBeGreaterThan(0));
    await Promise.resolve();
    handle.doc.getText('elsewhere').insert(0, 'Innocent.');
    await weft.flush();
    expect(handle.copy.get().number).toBe(1);
    expect(handle.status.get()).toMatchObject({ state: 'local', waiting: 2 });
    expect(weft.refusals.get()).toEqual([]);
    refuse = false;
    await vi.waitFor(() => {
      clock.advance(60_000);
      expect(handle.copy.get()).toEqual({ number: 2, because: 'refused' });
    });
    await vi.waitFor(() => expect(handle.status.get().state).toBe('stored'));
    expect(handle.doc.getText('elsewhere').toJSON()).toBe('Innocent.');
    expect(weft.refusals.get()).toHaveLength(1);
    await weft.close();
  });

  it('[D2] opens and keeps documents without the part that speaks with the server, and connects once it is there', async () => {
    vi.resetModules();
    let has = false;
    vi.doMock('../src/session.ts', async (original) => {
      if (!has) throw new TypeError('Failed to fetch');
      return original();
    });
    const { createWeft } = await import('../src/weft.ts');
    const { openMemoryDevice } = await import('@weft/storage/device-memory');
    const { ScriptedServer } = await import('./kit/scripted-server.ts');
    const server = new ScriptedServer();
    server.commits = true;
    const clock = manualEnv(server.connect);
    const weft = createWeft({
      url: 'ws://test.invalid/sync',
      token: 'token',
      store: openMemoryDevice(),
      env: clock,
    });
    const handle = weft.document('spec');
    await handle.loaded;
    handle.doc.getText('content').insert(0, 'Kept.');
    await weft.flush();
    expect(handle.status.get()).toEqual({ state: 'local', waiting: 1 });
    await vi.waitFor(() => expect(weft.connection.get()).toEqual({ state: 'offline' }));
    has = true;
    await vi.waitFor(() => {
      clock.advance(20_000);
      expect(handle.status.get().state).toBe('stored');
    });
    expect(weft.connection.get()).toEqual({ state: 'online' });
    await weft.close();
  });

  it('[D2] sends much work that waited once it can send it in parts', async () => {
    vi.resetModules();
    let has = false;
    vi.doMock('../src/split.ts', async (original) => {
      if (!has) throw new TypeError('Failed to fetch');
      return original();
    });
    const { createWeft } = await import('../src/weft.ts');
    const { openMemoryDevice } = await import('@weft/storage/device-memory');
    const { ScriptedServer } = await import('./kit/scripted-server.ts');
    const server = new ScriptedServer();
    server.commits = true;
    const clock = manualEnv(server.connect);
    const weft = createWeft({
      url: 'ws://test.invalid/sync',
      token: 'token',
      store: openMemoryDevice(),
      env: clock,
      connect: false,
    });
    const handle = weft.document('spec');
    await handle.loaded;
    const list = handle.doc.getArray<string>('lines');
    for (let line = 0; line < 30; line += 1) list.push(['x'.repeat(50_000)]);
    await weft.flush();
    weft.connect();
    await handle.synced;
    await vi.waitFor(() => expect(clock.timers).toBeGreaterThan(0));
    // Nothing else is wrong with it: it waits, and is not called stored.
    expect(handle.status.get()).toEqual({ state: 'local', waiting: 30 });
    expect(server.doc('document/spec').getArray('lines')).toHaveLength(0);
    has = true;
    await vi.waitFor(() => {
      clock.advance(60_000);
      expect(handle.status.get().state).toBe('stored');
    });
    expect(server.doc('document/spec').getArray('lines')).toHaveLength(30);
    await weft.close();
  });
});
