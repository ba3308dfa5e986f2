import type { Store, TextChange, TextFound } from '@weft/storage';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { entry } from './entries.ts';
import type { MakeMedium, StoreMedium } from './medium.ts';

/** The contract of the `TextIndex` port, for stores that have one. */
export function describeTextIndexContract(name: string, makeMedium: MakeMedium): void {
  describe(`text index contract: ${name}`, () => {
    let medium: StoreMedium;
    let store: Store;
    beforeEach(async () => {
      medium = await makeMedium();
      store = await medium.open();
    });
    afterEach(async () => {
      await store.close();
      await medium.dispose();
    });

    const say = (stream: string, item: number, words: string, more: Partial<TextChange> = {}) =>
      entry(stream, words, { text: { scope: 't', item, words: listed(words), ...more } });
    const find = async (
      words: string,
      more: {
        readonly scope?: string;
        readonly stream?: string;
        readonly before?: number;
        readonly limit?: number;
      } = {},
    ): Promise<readonly TextFound[]> =>
      (await store.texts?.find({ scope: 't', words: listed(words), limit: 100, ...more })) ?? [];
    const items = async (...asked: Parameters<typeof find>) =>
      (await find(...asked)).map(({ stream, item }) => `${stream} ${item}`);

    it('[F1] finds texts in which each word asked for begins one, the newest first', async () => {
      await store.log.append([say('a', 1, 'the quick brown fox')]);
      await store.log.append([say('b', 1, 'the slow fox')]);
      await store.log.append([say('a', 2, 'a quick lunch')]);
      expect(await items('fox')).toEqual(['b 1', 'a 1']);
      expect(await items('qui')).toEqual(['a 2', 'a 1']);
      expect(await items('fo the')).toEqual(['b 1', 'a 1']);
      expect(await items('fox quick')).toEqual(['a 1']);
      expect(await items('ox')).toEqual([]);
      expect(await items('foxes')).toEqual([]);
    });

    it('[F1] a text that is changed is found by its present words alone, at its old place', async () => {
      await store.log.append([say('a', 1, 'first draft')]);
      await store.log.append([say('a', 2, 'another draft')]);
      await store.log.append([say('a', 1, 'first version')]);
      expect(await items('draft')).toEqual(['a 2']);
      expect(await items('version')).toEqual(['a 1']);
      expect((await find('version')).map(({ number }) => number)).toEqual([3]);
      await store.log.append([say('a', 1, 'a draft again')]);
      expect(await items('draft')).toEqual(['a 2', 'a 1']);
    });

    it('[F1] a text that is taken away is found no more', async () => {
      await store.log.append([say('a', 1, 'secret'), say('a', 2, 'secret too')]);
      await store.log.append([say('a', 1, '')]);
      expect(await items('secret')).toEqual(['a 2']);
      await store.log.append([say('a', 1, ''), say('a', 3, '')]);
      expect(await items('secret')).toEqual(['a 2']);
    });

    it('[F1] an append that writes nothing brings no text', async () => {
      await store.log.append([{ ...say('a', 1, 'kept'), key: 'k' }]);
      await store.log.append([{ ...say('a', 2, 'kept twice'), key: 'k' }]);
      await store.log.append([{ ...say('a', 2, 'kept late'), after: 0 }]);
      expect(await items('kept')).toEqual(['a 1']);
      expect(await items('kept', { before: 1 })).toEqual([]);
    });

    it('[F2] finds nothing of another scope, whatever their names have in common', async () => {
      const scopes = ['t', 'T', 't-1', 't_1', 'tt', '_'];
      for (const scope of scopes) await store.log.append([say(`${scope}/x`, 1, 'word', { scope })]);
      for (const scope of scopes) expect(await items('word', { scope })).toEqual([`${scope}/x 1`]);
      expect(await items('word', { scope: 'nobody' })).toEqual([]);
    });

    it('finds within one stream', async () => {
      for (const stream of ['a', 'b', 'c']) await store.log.append([say(stream, 1, 'same words')]);
      expect(await items('same', { stream: 'b' })).toEqual(['b 1']);
      expect(await items('same', { stream: 'nothing' })).toEqual([]);
    });

    it('goes on behind a place, and leaves nothing out and says nothing twice', async () => {
      for (let item = 1; item <= 25; item += 1)
        await store.log.append([say('a', item, `n${item} x`)]);
      const seen: number[] = [];
      let before: number | undefined;
      for (;;) {
        const found = await find('x', { limit: 10, ...(before === undefined ? {} : { before }) });
        seen.push(...found.map(({ item }) => item));
        before = found.at(-1)?.place;
        if (found.length < 10) break;
      }
      expect(seen).toEqual(Array.from({ length: 25 }, (_, at) => 25 - at));
    });

    it('takes letters of every script, words of any length, and words that are operators elsewhere', async () => {
      const odd = ['and', 'or', 'not', 'near', '東', 'привет', 'नमस्ते', '٣', 'x'.repeat(5_000), '𝒳'];
      for (const [at, word] of odd.entries()) await store.log.append([say('a', at + 1, word)]);
      for (const [at, word] of odd.entries()) {
        expect([word, await items(word)]).toEqual([word, [`a ${at + 1}`]]);
      }
    });

    it('still finds everything when it was opened again', async ({ skip }) => {
      if (medium.reopen === undefined) skip('this adapter keeps nothing');
      await store.log.append([say('a', 1, 'before the night')]);
      await store.close();
      store = (await medium.reopen?.()) ?? store;
      await store.log.append([say('a', 2, 'after the night')]);
      expect(await items('night')).toEqual(['a 2', 'a 1']);
    });
  });
}

function listed(words: string): readonly string[] {
  return words === '' ? [] : words.split(' ');
}
