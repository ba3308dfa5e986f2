import { SEGMENT_SIZE, readQuery } from '@weft/protocol';
import { createMemoryDisk, openMemoryDevice } from '@weft/storage/device-memory';
import { describe, expect, it } from 'vitest';
import { TextSearch, type TextsFound } from '../src/search/text-search.ts';
import { memoryTexts } from '../src/search/text-store.ts';
import { talking } from './kit/talking.ts';

function device() {
  const store = openMemoryDevice(createMemoryDisk());
  const texts = memoryTexts();
  /** Segments that were read, in their order. */
  const read: string[] = [];
  let clock = 0;
  const open = () =>
    new TextSearch(
      {
        versions: (prefix) => store.versions(prefix),
        load: (address) => {
          read.push(address);
          return store.load(address);
        },
      },
      texts,
      () => (clock += 60),
    );
  let search = open();
  const find = async (
    typed: string,
    more: { readonly limit?: number; readonly conversation?: string } = {},
    told: (found: TextsFound) => void = () => undefined,
  ) => {
    const query = readQuery(typed);
    if (query.outcome === 'refused') throw new Error(query.code);
    return search.find({ words: query.words, limit: 50, ...more }, told, () => false);
  };
  return {
    store,
    ...talking(store),
    read,
    find,
    texts: async (...asked: Parameters<typeof find>) =>
      (await find(...asked)).found.map(({ conversation, text }) => `${conversation}: ${text}`),
    tidy: () => search.tidy(),
    prepare: () => search.prepare(),
    kept: texts,
    /** The next page's life. */
    again: () => {
      search = open();
    },
  };
}

describe('what is on the device', () => {
  it('[F3] is found by the beginnings of its words, in all conversations, the newest first', async () => {
    const { say, texts } = device();
    await say('general', 'The Café opens at nine');
    await say('plans', 'Nine cafés, one plan');
    await say('general', 'Nothing to see');
    await say('general', 'one more: nine o’clock at the CAFÉ');
    expect(await texts('cafe NIN')).toEqual([
      'general: one more: nine o’clock at the CAFÉ',
      'plans: Nine cafés, one plan',
      'general: The Café opens at nine',
    ]);
    expect(await texts('cafe', { conversation: 'plans' })).toEqual(['plans: Nine cafés, one plan']);
    expect(await texts('fe')).toEqual([]);
    expect(await texts('nine nothing')).toEqual([]);
    expect(await texts('o clock')).toHaveLength(1);
  });

  it('[F3] is found as it is after each edit and deletion, and not as it was', async () => {
    const { run, say, texts } = device();
    await say('general', 'a first draft');
    await say('general', 'a second draft');
    expect(await texts('draft')).toHaveLength(2);
    const body = { version: 1, text: 'the final text' } as const;
    await run('general', { type: 'edit', sequence: 1, body });
    expect(await texts('draft')).toEqual(['general: a second draft']);
    expect(await texts('final')).toEqual(['general: the final text']);
    await run('general', { type: 'delete', sequence: 2 });
    expect(await texts('draft')).toEqual([]);
    expect(await texts('a')).toEqual([]);
  });

  it('[F3] says nothing of what was taken off the device, and keeps no text of it', async () => {
    const { store, say, find, texts, tidy, kept } = device();
    await say('gone', 'a secret word');
    await say('kept', 'another word');
    expect(await texts('word')).toHaveLength(2);
    await store.evict('conversation/gone/0');
    await tidy();
    expect(await kept.messages('conversation/gone/0')).toBeUndefined();
    expect([...(await kept.words()).keys()]).toEqual(['conversation/kept/0']);
    expect(await texts('word')).toEqual(['kept: another word']);
    expect(await find('word')).toMatchObject({ have: 1, of: 1 });
  });

  it('[F3] is read once: later searches, also of later pages, read what has changed', async () => {
    const { say, find, read, again } = device();
    for (const id of ['a', 'b', 'c']) await say(id, `said in ${id}`);
    expect(await find('said')).toMatchObject({ have: 3, of: 3, more: false });
    expect(read.toSorted()).toEqual(['a', 'b', 'c'].map((id) => `conversation/${id}/0`));
    again();
    await say('b', 'said once more');
    expect((await find('said')).found).toHaveLength(4);
    expect(read.slice(3)).toEqual(['conversation/b/0']);
  });

  it('[F3] is read ahead of a search, and no further once one is waited for', async () => {
    const { say, find, texts, prepare, read, again } = device();
    for (let n = 0; n < 4; n += 1) await say(`room${n}`, 'early');
    await prepare();
    expect(read).toHaveLength(4);
    expect(await texts('early')).toHaveLength(4);
    expect(read).toHaveLength(4);

    again();
    for (let n = 4; n < 8; n += 1) await say(`room${n}`, 'late');
    const prepared = prepare();
    const told: number[] = [];
    const found = find('late', {}, ({ have }) => told.push(have));
    await prepared;
    expect(read.length).toBeLessThan(8);
    expect((await found).found).toHaveLength(4);
    expect(read).toHaveLength(8);
    expect(told.length).toBeGreaterThan(0);
  });

  it('comes in pages that say whether there is more', async () => {
    const { say, find } = device();
    for (let n = 1; n <= 12; n += 1) await say(n % 2 === 0 ? 'a' : 'b', `number ${n}`);
    const five = await find('number', { limit: 5 });
    expect(five.found.map(({ text }) => text)).toEqual(
      [12, 11, 10, 9, 8].map((n) => `number ${n}`),
    );
    expect(five.more).toBe(true);
    expect(await find('number', { limit: 12 })).toMatchObject({ more: false });
  });

  it('is told of while it is still being read, the newest segments first', async () => {
    const { say, find, read } = device();
    for (let n = 1; n <= SEGMENT_SIZE * 2 + 1; n += 1) await say('long', `word ${n}`);
    const told: TextsFound[] = [];
    const last = await find('word', { limit: 1 }, (found) => told.push(found));
    expect(read).toEqual([2, 1, 0].map((segment) => `conversation/long/${segment}`));
    expect(told[0]).toMatchObject({
      have: 2,
      of: 3,
      found: [{ text: `word ${SEGMENT_SIZE * 2 + 1}` }],
    });
    expect(last).toMatchObject({ have: 3, of: 3 });
    expect((await find('512', {})).found.map(({ sequence }) => sequence)).toEqual([SEGMENT_SIZE]);
  });
});
