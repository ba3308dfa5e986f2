import type { Message } from '@weft/protocol';
import { createMemoryDisk, openMemoryDevice } from '@weft/storage/device-memory';
import { afterEach, describe, expect, it } from 'vitest';
import {
  type Environment,
  type SearchResults,
  type Weft,
  createWeft,
  loadParts,
} from '../src/index.ts';
import { manualEnv } from './kit/manual-env.ts';
import { ScriptedServer } from './kit/scripted-server.ts';
import { until } from './kit/setup.ts';
import { BEGAN, talking } from './kit/talking.ts';

await loadParts();

type Asked = Parameters<NonNullable<Environment['request']>>;

const open: Weft[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((weft) => weft.close()));
});

/** A client whose server answers searches as a test says. */
function searching(answer: (address: URL, token: string) => unknown, connect = true) {
  const store = openMemoryDevice(createMemoryDisk());
  const server = new ScriptedServer();
  const asked: { readonly address: URL; readonly token: string }[] = [];
  const looking = new Set<() => void>();
  let tokens = 0;
  const env = manualEnv(server.connect);
  const request = async (...[url, { headers }]: Asked) => {
    const address = new URL(url);
    const token = headers['authorization'] ?? '';
    asked.push({ address, token });
    for (const look of looking) look();
    const value = await answer(address, token);
    const refused = typeof value === 'object' && value !== null && 'code' in value;
    return { status: refused ? 400 : 200, text: JSON.stringify(value) };
  };
  const weft = createWeft({
    url: 'ws://test.invalid/sync',
    token: async () => `token-${(tokens += 1)}`,
    store,
    env: { ...env, request },
    connect,
  });
  open.push(weft);
  /** Resolves when the server has been asked so many times. */
  const asks = (times: number) =>
    new Promise<void>((resolve) => {
      const look = () => {
        if (asked.length >= times) resolve();
      };
      looking.add(look);
      look();
    });
  return { weft, env, server, asked, asks, ...talking(store) };
}

const searched = ({ device, server }: SearchResults) =>
  device.state === 'searched' && server.state === 'searched';
const lines = ({ hits }: SearchResults) =>
  hits.map(({ from, conversation, text }) => `${from} ${conversation}: ${text}`);

function onServer(conversation: string, sequence: number, text: string, at: number) {
  const message: Message = {
    ...{ id: `01J${String(sequence).padStart(23, '1')}`, sequence, revision: 1 },
    ...{ author: 'cem', name: 'Cem', at, sentAt: at, body: { version: 1, text } },
  };
  return { conversation, message };
}

describe('a search', () => {
  it('[F3] shows what is on the device at once, then what the server has beyond, each message once', async () => {
    let answer: (found: unknown) => void = () => undefined;
    const { weft, asked, asks, say } = searching(
      () =>
        new Promise((resolve) => {
          answer = resolve;
        }),
    );
    const own = await say('general', 'a word here');
    const search = weft.search('WORD');
    const first = await until(search.results, ({ device }) => device.state === 'searched');
    expect(lines(first)).toEqual(['device general: a word here']);
    expect(first).toMatchObject({ server: { state: 'searching' }, words: ['word'] });
    await asks(1);
    answer({
      found: [
        onServer('far', 7, 'a newer word', BEGAN + 50),
        { conversation: 'general', message: own },
        onServer('far', 2, 'an older word', BEGAN - 50),
      ],
    });
    const all = await until(search.results, searched);
    expect(lines(all)).toEqual([
      'server far: a newer word',
      'device general: a word here',
      'server far: an older word',
    ]);
    expect(all.more).toBe(false);
    expect(asked[0]?.address.href).toBe('http://test.invalid/api/search?q=WORD&limit=50');
    expect(asked[0]?.token).toBe('Bearer token-1');
  });

  it('[F3] works without a network and says so, and asks the server when there is one', async () => {
    const { weft, say, asked } = searching(() => ({ found: [] }), false);
    await say('general', 'a word here');
    const search = weft.search('word');
    const alone = await until(search.results, ({ device }) => device.state === 'searched');
    expect(alone).toMatchObject({ server: { state: 'offline' }, hits: [{ text: 'a word here' }] });
    expect(asked).toEqual([]);
    weft.connect();
    await until(search.results, searched);
    expect(asked).toHaveLength(1);
  });

  it('[F3] does not show what the server says was changed or taken away', async () => {
    const { weft, say } = searching(() => ({
      found: [
        onServer('far', 9, 'the newest word', BEGAN + 90),
        onServer('far', 1, 'the oldest word', BEGAN - 90),
      ],
    }));
    await say('general', 'a word that was deleted elsewhere');
    const search = weft.search('word');
    expect(lines(await until(search.results, searched))).toEqual([
      'server far: the newest word',
      'server far: the oldest word',
    ]);
  });

  it('goes on over the pages of the server until there are enough', async () => {
    const page = (first: number) =>
      Array.from({ length: 100 }, (_, at) => onServer('far', first - at, 'word', BEGAN - at));
    const { weft, asked } = searching((address) =>
      address.searchParams.get('before') === '40'
        ? { found: page(500).slice(0, 20), next: 20 }
        : { found: page(900), next: 40 },
    );
    const search = weft.search('word', { limit: 120 });
    const all = await until(search.results, searched);
    expect(all.hits).toHaveLength(120);
    expect(all.more).toBe(true);
    expect(asked.map(({ address }) => address.searchParams.get('limit'))).toEqual(['100', '20']);
  });

  it('asks again a little later where it was too fast, and with another token where that was too old', async () => {
    const answers = [{ code: 'too-fast' }, { code: 'token-expired' }, { found: [] }];
    const { weft, env, asked, asks } = searching(() => answers.shift());
    const search = weft.search('word');
    await asks(1);
    const timers = env.timers;
    // The answer takes a few turns to be read.
    while (env.timers === timers) await new Promise((resolve) => setImmediate(resolve));
    env.advance(1_000);
    await until(search.results, searched);
    expect(asked.map(({ token }) => token)).toEqual([
      'Bearer token-1',
      'Bearer token-1',
      'Bearer token-2',
    ]);
  });

  it('asks again by itself where a request did not get through though the connection is there', async () => {
    const { weft, env, asked, asks } = searching(() => {
      if (asked.length === 1) throw new Error('No network.');
      return { found: [onServer('far', 7, 'a word', BEGAN)] };
    });
    const search = weft.search('word');
    const timers = env.timers;
    await until(search.results, ({ server }) => server.state === 'offline');
    while (env.timers === timers) await new Promise((resolve) => setImmediate(resolve));
    // Well before a connection is taken for lost.
    env.advance(2_000);
    await asks(2);
    expect(lines(await until(search.results, searched))).toEqual(['server far: a word']);
  });

  it('says what is wrong with a query, and with a server', async () => {
    const { weft } = searching(() => ({ code: 'storage-failed' }));
    const nothing = weft.search(' "*" ');
    const refused = await until(nothing.results, ({ device }) => device.state === 'failed');
    expect(refused).toMatchObject({
      device: { code: 'query-empty' },
      server: { state: 'failed', code: 'query-empty' },
    });
    const search = weft.search('word');
    const failed = await until(search.results, ({ server }) => server.state === 'failed');
    expect(failed).toMatchObject({ server: { code: 'storage-failed' } });
  });

  it('asks for no further page when it was closed, or the client was', async () => {
    for (const end of ['search', 'client'] as const) {
      let answer: (page: unknown) => void = () => undefined;
      // A platform of an embedder's that does not hear that it is to stop.
      const { weft, asked, asks } = searching(
        () =>
          new Promise((resolve) => {
            answer = resolve;
          }),
      );
      const search = weft.search('word', { limit: 120 });
      await asks(1);
      const told = new Promise((resolve) => setImmediate(resolve));
      if (end === 'search') search.close();
      else await weft.close();
      answer({ found: [onServer('far', 1, 'word', BEGAN)], next: 40 });
      await told;
      await new Promise((resolve) => setImmediate(resolve));
      expect([end, asked.length]).toEqual([end, 1]);
    }
  });

  it('that was closed is not begun again by an attempt that was planned before its last one', async () => {
    const { weft, env, server, asked, asks } = searching(() => {
      throw new Error('No network.');
    });
    const search = weft.search('word');
    const offline = () => until(search.results, ({ server: { state } }) => state === 'offline');
    await asks(1);
    await offline();
    server.socket.cut();
    await until(weft.connection, ({ state }) => state !== 'online');
    env.hurry();
    await asks(2);
    await offline();
    search.close();
    const before = search.results.get();
    env.advance(20_000);
    await new Promise((resolve) => setImmediate(resolve));
    expect(asked).toHaveLength(2);
    expect(search.results.get()).toBe(before);
  });

  it('tells nothing more when it was closed', async () => {
    let answer: (found: unknown) => void = () => undefined;
    const { weft, asks } = searching(
      () =>
        new Promise((resolve) => {
          answer = resolve;
        }),
    );
    const search = weft.search('word');
    await asks(1);
    await until(search.results, ({ device }) => device.state === 'searched');
    search.close();
    const before = search.results.get();
    answer({ found: [onServer('far', 1, 'word', BEGAN)] });
    await new Promise((resolve) => setImmediate(resolve));
    expect(search.results.get()).toBe(before);
  });
});
