import { readQuery } from '@weft/protocol';
import { openIndexedDbDevice } from '@weft/storage/indexeddb';
import { afterEach, describe, expect, it } from 'vitest';
import { workerSearch } from '../src/search/device-search.ts';
import { indexedDbTexts, textsName } from '../src/search/text-store.ts';
import type { TextsFound } from '../src/search/text-search.ts';
import { talking } from './kit/talking.ts';

let databases = 0;
const cleanUp: (() => Promise<unknown> | void)[] = [];
afterEach(async () => {
  for (const each of cleanUp.splice(0).toReversed()) await each();
});

function remove(name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.deleteDatabase(name);
    request.onsuccess = () => resolve();
    request.onerror = () => reject(request.error ?? new Error('It could not be deleted.'));
  });
}

/** A device in this browser, and the real worker beside it. */
function device() {
  const name = `weft-search-${(databases += 1)}`;
  const store = openIndexedDbDevice({ name });
  let workers = 0;
  const start = () => {
    const search = workerSearch(
      () => {
        workers += 1;
        return new Worker(new URL('../src/search/worker.ts', import.meta.url), { type: 'module' });
      },
      name,
      { timer: () => () => undefined },
    );
    cleanUp.push(() => search.close());
    return search;
  };
  const find = (search: ReturnType<typeof start>, typed: string): Promise<TextsFound> => {
    const query = readQuery(typed);
    if (query.outcome === 'refused') throw new Error(query.code);
    return new Promise((resolve, reject) => {
      search.find(
        { words: query.words, limit: 50 },
        (found, complete) => {
          if (complete) resolve(found);
        },
        () => reject(new Error('The device could not be read.')),
      );
    });
  };
  cleanUp.push(async () => {
    await store.close();
    await remove(name);
    await remove(textsName(name));
  });
  return { name, store, start, find, workers: () => workers, ...talking(store) };
}

describe('the search in a worker', () => {
  it('[F3] finds what this browser keeps, as it is, with every change since the last search', async () => {
    const { store, start, find, say, run, workers } = device();
    await say('general', 'the Café');
    await say('other', 'another café');
    const search = start();
    expect((await find(search, 'CAFE')).found.map(({ text }) => text)).toEqual([
      'another café',
      'the Café',
    ]);
    await run('general', { type: 'delete', sequence: 1 });
    await say('general', 'cafés everywhere');
    expect((await find(search, 'cafe')).found.map(({ text }) => text)).toEqual([
      'cafés everywhere',
      'another café',
    ]);
    await store.evict('conversation/other/0');
    const last = await find(search, 'cafe');
    expect(last).toMatchObject({ have: 1, of: 1, found: [{ text: 'cafés everywhere' }] });
    expect(workers()).toBe(1);
  });

  it('[F3] keeps its words beside the segments for the next page, and none of what was taken off', async () => {
    const { name, store, start, find, say } = device();
    await say('general', 'a word');
    await say('gone', 'a word to forget');
    const first = start();
    await find(first, 'word');
    first.close();
    const texts = indexedDbTexts(textsName(name));
    cleanUp.push(() => texts.close());
    expect([...(await texts.words()).keys()]).toEqual([
      'conversation/general/0',
      'conversation/gone/0',
    ]);
    expect(await texts.messages('conversation/gone/0')).toMatchObject([
      { text: 'a word to forget' },
    ]);
    await store.evict('conversation/gone/0');
    const next = start();
    expect((await find(next, 'word')).found).toMatchObject([{ text: 'a word' }]);
    expect([...(await texts.words()).keys()]).toEqual(['conversation/general/0']);
    expect(await texts.messages('conversation/gone/0')).toBeUndefined();
  });

  it('says so when the device cannot be read, and a worker that ends is followed by another', async () => {
    let made = 0;
    const search = workerSearch(
      () => {
        made += 1;
        return new Worker(new URL('data:text/javascript,throw new Error("no code")'));
      },
      'weft-search-none',
      { timer: () => () => undefined },
    );
    cleanUp.push(() => search.close());
    for (const expected of [1, 2]) {
      await new Promise<void>((resolve) => {
        search.find({ words: ['x'], limit: 1 }, () => undefined, resolve);
      });
      expect(made).toBe(expected);
    }
  });
});
