import type { Log, Store } from '@weft/storage';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { entry, listing, numbersOf, textOf } from './entries.ts';
import type { MakeMedium, StoreMedium } from './medium.ts';

/** The contract of the `Log` port: what every adapter must do, whatever medium it writes to. */
export function describeLogContract(name: string, makeMedium: MakeMedium): void {
  describe(`log contract: ${name}`, () => {
    let medium: StoreMedium;
    let store: Store;
    let log: Log;
    beforeEach(async () => {
      medium = await makeMedium();
      store = await medium.open();
      log = store.log;
    });
    afterEach(async () => {
      await store.close();
      await medium.dispose();
    });

    describe('numbers', () => {
      it('[C1] are dense from 1 in each stream, whatever other streams take', async () => {
        expect(numbersOf(await log.append([entry('a', 'a1')]))).toEqual([1]);
        expect(numbersOf(await log.append([entry('b', 'b1'), entry('a', 'a2')]))).toEqual([1, 2]);
        expect(numbersOf(await log.append([entry('a', 'a3'), entry('a', 'a4')]))).toEqual([3, 4]);
        expect(await listing(log, 'a')).toEqual(['1 a1', '2 a2', '3 a3', '4 a4']);
        expect(await listing(log, 'b')).toEqual(['1 b1']);
        expect(await log.head('a')).toBe(4);
      });

      it('[C1] leave no hole after appends that wrote nothing', async () => {
        await log.append([entry('a', 'a1', { key: 'k' })]);
        await log.append([entry('a', 'again', { key: 'k' })]);
        await log.append([entry('a', 'late', { after: 0 })]);
        expect(numbersOf(await log.append([entry('a', 'a2')]))).toEqual([2]);
      });

      it('[C1] stay dense under appends made at the same time over shared streams', async () => {
        const results = await Promise.all(
          Array.from({ length: 60 }, (_, i) =>
            log.append([entry(`s${i % 3}`, `x${i}`), entry('all', `x${i}`)]),
          ),
        );
        const all = results.map((result) => numbersOf(result)[1] ?? 0);
        expect(all.toSorted((a, b) => a - b)).toEqual(all.map((_, i) => i + 1));
        const records = await log.read('all', 0, 1000);
        expect(records.map((record) => record.number)).toEqual(all.map((_, i) => i + 1));
        // What each append was told is where its bytes are.
        for (const [i, number] of all.entries()) {
          const record = records[number - 1];
          expect(record && textOf(record)).toBe(`x${i}`);
        }
        for (const stream of ['s0', 's1', 's2']) expect(await log.head(stream)).toBe(20);
      });

      it('keep the order in which one caller asked, without waiting in between', async () => {
        const results = await Promise.all(
          Array.from({ length: 20 }, (_, i) => log.append([entry('a', `${i}`)])),
        );
        expect(results.map((result) => numbersOf(result)[0])).toEqual(
          Array.from({ length: 20 }, (_, i) => i + 1),
        );
      });
    });

    describe('names of streams', () => {
      it('are opaque: case, wildcards, prefixes and composed letters make different streams', async () => {
        const names = ['a', 'A', 'a/1', 'a_', 'a%', 'aa', 'é', 'e\u0301', "a'b", 'a b'];
        for (const stream of names) await log.append([entry(stream, stream)]);
        for (const stream of names) expect(await listing(log, stream)).toEqual([`1 ${stream}`]);
      });

      it('that nobody wrote to are empty streams', async () => {
        expect(await log.head('none')).toBe(0);
        expect(await log.read('none', 0, 10)).toEqual([]);
        expect(await log.find('none', 'k')).toBeUndefined();
        expect(await log.snapshot('none')).toBeUndefined();
      });
    });

    describe('records', () => {
      it('[D4] give back every field as it was given', async () => {
        const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
        const given = {
          stream: 't/document/x',
          key: 'k/1',
          principal: 'bea',
          kind: 'event',
          at: 42,
        };
        await log.append([{ ...given, bytes }]);
        const [record] = await log.read('t/document/x', 0, 10);
        expect(record).toEqual({ ...given, number: 1, bytes });
        expect(record?.bytes).toBeInstanceOf(Uint8Array);
      });

      it('[D4] hold the part of a buffer that was given, not the buffer', async () => {
        const whole = Uint8Array.from([9, 9, 1, 2, 3, 9]);
        await log.append([entry('a', '', { bytes: whole.subarray(2, 5) })]);
        const [record] = await log.read('a', 0, 1);
        expect(record && [...record.bytes]).toEqual([1, 2, 3]);
      });

      it('[D4] do not change when the caller reuses its buffer', async () => {
        const bytes = Uint8Array.from([1, 2, 3]);
        await log.append([entry('a', '', { key: 'k', bytes })]);
        bytes.fill(0);
        const [record] = await log.read('a', 0, 1);
        expect(record && [...record.bytes]).toEqual([1, 2, 3]);
        const found = await log.find('a', 'k');
        expect(found && [...found.bytes]).toEqual([1, 2, 3]);
      });

      it('[D4] do not change when the caller reuses what it wrote as a Buffer', async () => {
        const bytes = Buffer.from([1, 2, 3]);
        const appending = log.append([entry('a', '', { bytes })]);
        bytes.fill(0);
        await appending;
        const [record] = await log.read('a', 0, 1);
        expect(record && [...record.bytes]).toEqual([1, 2, 3]);
      });

      it('may be empty, and may be a megabyte', async () => {
        const large = Uint8Array.from({ length: 1 << 20 }, (_, i) => (i * 31) & 0xff);
        await log.append([
          entry('a', '', { bytes: new Uint8Array() }),
          entry('a', '', { bytes: large }),
        ]);
        const [first, second] = await log.read('a', 0, 2);
        expect(first?.bytes.length).toBe(0);
        expect(second && Buffer.compare(second.bytes, large)).toBe(0);
      });

      it('without a key read back with none', async () => {
        await log.append([entry('a', 'x')]);
        const [record] = await log.read('a', 0, 1);
        expect(record).toHaveProperty('key', undefined);
      });
    });

    describe('reading', () => {
      it('gives what comes after a number, in order, up to a limit', async () => {
        await log.append(Array.from({ length: 10 }, (_, i) => entry('a', `${i + 1}`)));
        const numbers = async (after: number, limit: number) =>
          (await log.read('a', after, limit)).map((record) => record.number);
        expect(await numbers(0, 3)).toEqual([1, 2, 3]);
        expect(await numbers(3, 3)).toEqual([4, 5, 6]);
        expect(await numbers(9, 3)).toEqual([10]);
        expect(await numbers(10, 3)).toEqual([]);
        expect(await numbers(99, 3)).toEqual([]);
        expect(await numbers(0, 0)).toEqual([]);
      });

      it('[C4] sees an append as soon as it is answered', async () => {
        for (let i = 1; i <= 20; i += 1) {
          await log.append([entry('a', `${i}`)]);
          expect(await log.head('a')).toBe(i);
          expect((await log.read('a', i - 1, 10)).map(textOf)).toEqual([`${i}`]);
        }
      });

      it('finds the record that a key made, in its own stream only', async () => {
        await log.append([
          entry('a', 'first', { key: 'k' }),
          entry('b', 'other', { key: 'k' }),
          entry('a', 'second', { key: 'K' }),
        ]);
        const found = await log.find('a', 'k');
        expect(found && `${found.number} ${textOf(found)}`).toBe('1 first');
        expect(found?.key).toBe('k');
        const upper = await log.find('a', 'K');
        expect(upper && `${upper.number} ${textOf(upper)}`).toBe('2 second');
        expect(await log.find('a', 'x')).toBeUndefined();
      });
    });

    describe('keys', () => {
      it('[C3] a repeated key gives its first number, and nothing of that append is written', async () => {
        await log.append([entry('a', 'x'), entry('a', 'once', { key: 'k' })]);
        const repeated = await log.append([
          entry('b', 'beside', { key: 'new' }),
          entry('a', 'twice', { key: 'k' }),
          entry('b', 'without key'),
        ]);
        expect(repeated).toEqual({ outcome: 'repeated', numbers: [undefined, 2, undefined] });
        expect(await listing(log, 'a')).toEqual(['1 x', '2 once']);
        expect(await log.head('b')).toBe(0);
        // The key that was new stays free.
        expect(await log.find('b', 'new')).toBeUndefined();
        expect(numbersOf(await log.append([entry('b', 'b1', { key: 'new' })]))).toEqual([1]);
      });

      it('[C3] a key belongs to its stream', async () => {
        await log.append([entry('a', 'x', { key: 'k' })]);
        expect(numbersOf(await log.append([entry('b', 'y', { key: 'k' })]))).toEqual([1]);
      });

      it('[C3] a repetition is told as one, though its stream has moved on from `after`', async () => {
        await log.append([entry('a', 'once', { key: 'k', after: 0 })]);
        await log.append([entry('a', 'more')]);
        expect(await log.append([entry('a', 'once', { key: 'k', after: 0 })])).toEqual({
          outcome: 'repeated',
          numbers: [1],
        });
      });

      it('[C3] one of many appends under one key at the same time is written', async () => {
        const results = await Promise.all(
          Array.from({ length: 20 }, (_, i) => log.append([entry('a', `${i}`, { key: 'k' })])),
        );
        expect(results.filter((result) => result.outcome === 'appended')).toHaveLength(1);
        for (const result of results) {
          expect(result).toHaveProperty('numbers', [1]);
        }
        expect(await log.head('a')).toBe(1);
      });
    });

    describe('conditions', () => {
      it('[C5] `after` the head appends; after another number nothing is written', async () => {
        expect(numbersOf(await log.append([entry('a', 'a1', { after: 0 })]))).toEqual([1]);
        expect(
          await log.append([entry('b', 'b1'), entry('a', 'late', { after: 0, key: 'k' })]),
        ).toEqual({ outcome: 'conflict', stream: 'a', head: 1 });
        expect(await log.append([entry('a', 'early', { after: 2 })])).toEqual({
          outcome: 'conflict',
          stream: 'a',
          head: 1,
        });
        expect(await log.head('b')).toBe(0);
        expect(await log.find('a', 'k')).toBeUndefined();
        expect(numbersOf(await log.append([entry('a', 'a2', { after: 1 })]))).toEqual([2]);
      });

      it('[C5] one of many appends after the same head at the same time is written', async () => {
        const results = await Promise.all(
          Array.from({ length: 20 }, (_, i) => log.append([entry('a', `${i}`, { after: 0 })])),
        );
        expect(results.filter((result) => result.outcome === 'appended')).toHaveLength(1);
        expect(results.filter((result) => result.outcome === 'conflict')).toHaveLength(19);
        expect(await log.head('a')).toBe(1);
      });
    });

    describe('bad input', () => {
      it('a key twice in one append is an error, and nothing is written', async () => {
        await expect(
          log.append([entry('a', 'x', { key: 'k' }), entry('a', 'y', { key: 'k' })]),
        ).rejects.toThrow();
        expect(await log.head('a')).toBe(0);
        expect(numbersOf(await log.append([entry('a', 'z', { key: 'k' })]))).toEqual([1]);
      });

      it('a time that is no integer is an error, nothing is written, and others are not hurt', async () => {
        const [bad, good] = await Promise.allSettled([
          log.append([entry('a', 'x'), entry('b', 'y', { at: Number.NaN })]),
          log.append([entry('c', 'z')]),
        ]);
        expect(bad.status).toBe('rejected');
        expect(good.status).toBe('fulfilled');
        expect(await log.head('a')).toBe(0);
        expect(await log.head('b')).toBe(0);
        expect(await listing(log, 'c')).toEqual(['1 z']);
      });
    });

    describe('snapshots', () => {
      const bytes = (text: string) => new TextEncoder().encode(text);

      it('[D6] are replaced only by one who names the present one', async () => {
        await log.append(Array.from({ length: 5 }, (_, i) => entry('a', `${i + 1}`)));
        expect(await log.putSnapshot('a', { upTo: 3, bytes: bytes('three') }, 0)).toBe(true);
        expect(await log.putSnapshot('a', { upTo: 5, bytes: bytes('lost') }, 0)).toBe(false);
        expect(await log.putSnapshot('a', { upTo: 5, bytes: bytes('lost') }, 2)).toBe(false);
        expect(await log.snapshot('a')).toEqual({ upTo: 3, bytes: bytes('three') });
        expect(await log.putSnapshot('a', { upTo: 5, bytes: bytes('five') }, 3)).toBe(true);
        expect(await log.snapshot('a')).toEqual({ upTo: 5, bytes: bytes('five') });
      });

      it('[D6] one of two made at the same time from the same one is kept', async () => {
        await log.append([entry('a', '1'), entry('a', '2')]);
        const done = await Promise.all([
          log.putSnapshot('a', { upTo: 1, bytes: bytes('x') }, 0),
          log.putSnapshot('a', { upTo: 2, bytes: bytes('y') }, 0),
        ]);
        expect(done.filter(Boolean)).toHaveLength(1);
        const kept = await log.snapshot('a');
        expect(kept?.upTo).toBe(done[0] ? 1 : 2);
      });

      it('leave the numbers, the keys and the tail as they were', async () => {
        await log.append(
          Array.from({ length: 5 }, (_, i) => entry('a', `${i + 1}`, { key: `k${i}` })),
        );
        await log.putSnapshot('a', { upTo: 3, bytes: bytes('three') }, 0);
        expect(await log.head('a')).toBe(5);
        expect((await log.read('a', 3, 10)).map(textOf)).toEqual(['4', '5']);
        expect(await log.append([entry('a', 'again', { key: 'k0' })])).toEqual({
          outcome: 'repeated',
          numbers: [1],
        });
        expect(numbersOf(await log.append([entry('a', '6')]))).toEqual([6]);
      });

      it('belong to one stream, and do not change when the caller reuses its buffer', async () => {
        const given = bytes('x');
        await log.append([entry('a', '1'), entry('b', '1')]);
        await log.putSnapshot('a', { upTo: 1, bytes: given }, 0);
        given.fill(0);
        expect(await log.snapshot('b')).toBeUndefined();
        expect(await log.snapshot('a')).toEqual({ upTo: 1, bytes: bytes('x') });
      });
    });

    describe('trimming', () => {
      it('[D6] drops what the snapshot holds and nothing else; numbers, keys and claims stay', async () => {
        await log.append([entry('a', '1', { key: 'k', claims: [7] })]);
        await log.append(Array.from({ length: 4 }, (_, i) => entry('a', `${i + 2}`)));
        expect(await log.trim('a')).toBe(0);
        await log.putSnapshot('a', { upTo: 3, bytes: new Uint8Array([3]) }, 0);
        expect(await log.trim('a')).toBe(3);
        expect(await log.trim('a')).toBe(0);
        expect(await listing(log, 'a')).toEqual(['4 4', '5 5']);
        expect((await log.read('a', 0, 1)).map(textOf)).toEqual(['4']);
        expect(await log.head('a')).toBe(5);
        expect(await log.append([entry('a', 'again', { key: 'k' })])).toEqual({
          outcome: 'repeated',
          numbers: [1],
        });
        expect(await log.claim('a', 7, 'bea')).toBe('ann');
        expect(numbersOf(await log.append([entry('a', '6', { after: 5 })]))).toEqual([6]);
        expect(await log.trim('never-written')).toBe(0);
      });
    });

    describe('claims', () => {
      it('[D7] a client id belongs to the first principal that claims it, in its stream', async () => {
        await log.append([entry('a', '1', { claims: [7, 8] })]);
        expect(await log.append([entry('a', 'x', { principal: 'bea', claims: [9, 8] })])).toEqual({
          outcome: 'taken',
          stream: 'a',
          client: 8,
        });
        expect(await listing(log, 'a')).toEqual(['1 1']);
        // Nothing of a refused append is kept: not its other claims either.
        expect(await log.claim('a', 9, 'cem')).toBe('cem');
        expect(
          numbersOf(await log.append([entry('b', '1', { principal: 'bea', claims: [8] })])),
        ).toEqual([1]);
        expect(numbersOf(await log.append([entry('a', '2', { claims: [8] })]))).toEqual([2]);
      });

      it('[D7] may be made before any write, and the first of two at once wins', async () => {
        const owners = await Promise.all([log.claim('a', 1, 'ann'), log.claim('a', 1, 'bea')]);
        expect(new Set(owners).size).toBe(1);
        expect(await log.head('a')).toBe(0);
        const [owner] = owners;
        expect(
          numbersOf(await log.append([entry('a', '1', { principal: owner, claims: [1] })])),
        ).toEqual([1]);
      });

      it('[D7] a refused append changes nothing in its other streams', async () => {
        await log.claim('a', 1, 'ann');
        const both = [
          entry('b', '1', { principal: 'bea' }),
          entry('a', '1', { principal: 'bea', claims: [1] }),
        ];
        expect(await log.append(both)).toMatchObject({ outcome: 'taken' });
        expect(await log.head('b')).toBe(0);
      });

      it('[D7] what is adopted is kept as such, and claims nothing', async () => {
        await log.append([entry('a', '1', { claims: [7] }), entry('a', '2', { claims: [8] })]);
        const bea = { principal: 'bea', adopt: true };
        // Under an id of somebody else, and under one that nobody is known by.
        expect(numbersOf(await log.append([entry('a', '3', { ...bea, claims: [7] })]))).toEqual([
          3,
        ]);
        expect(numbersOf(await log.append([entry('a', '4', { ...bea, claims: [9] })]))).toEqual([
          4,
        ]);
        const kinds = (await log.read('a', 2, 10)).map(({ kind, principal }) => [kind, principal]);
        expect(kinds).toEqual([
          ['adopted', 'bea'],
          ['adopted', 'bea'],
        ]);
        expect(await log.claim('a', 7, 'bea')).toBe('ann');
        expect(await log.claim('a', 9, 'cem')).toBe('cem');
        // One's own is nothing to adopt.
        await log.append([entry('a', '5', { adopt: true, claims: [8] })]);
        expect((await log.read('a', 4, 1)).map(({ kind }) => kind)).toEqual(['update']);
      });

      it('[D7] who brought back what stays on record when the rest is trimmed', async () => {
        await log.append([entry('a', '1', { claims: [7] })]);
        await log.append([entry('a', '2', { principal: 'bea', adopt: true, claims: [7] })]);
        await log.append([entry('a', '3')]);
        await log.putSnapshot('a', { upTo: 3, bytes: new Uint8Array([3]) }, 0);
        expect(await log.trim('a')).toBe(2);
        expect(
          (await log.read('a', 0, 10)).map(({ number, principal }) => [number, principal]),
        ).toEqual([[2, 'bea']]);
        expect(await log.head('a')).toBe(3);
      });

      it('of what is no client id are an error', async () => {
        await expect(log.claim('a', -1, 'ann')).rejects.toThrow();
        await expect(log.append([entry('a', '1', { claims: [0.5] })])).rejects.toThrow();
        expect(await log.head('a')).toBe(0);
      });
    });

    it('[D2] [C4] everything answered is there after reopening', async ({ skip }) => {
      if (medium.reopen === undefined) skip('this adapter keeps nothing');
      await log.append([entry('a', 'a1', { key: 'k' }), entry('b', 'b1')]);
      await log.append([entry('a', 'a2')]);
      await log.putSnapshot('a', { upTo: 1, bytes: new Uint8Array([7]) }, 0);
      await log.claim('b', 5, 'ann');
      await store.close();
      store = (await medium.reopen?.()) ?? store;
      log = store.log;
      expect(await listing(log, 'a')).toEqual(['1 a1', '2 a2']);
      expect(await listing(log, 'b')).toEqual(['1 b1']);
      expect(await log.snapshot('a')).toEqual({ upTo: 1, bytes: new Uint8Array([7]) });
      expect(await log.append([entry('a', 'again', { key: 'k' })])).toEqual({
        outcome: 'repeated',
        numbers: [1],
      });
      expect(numbersOf(await log.append([entry('a', 'a3', { after: 2 })]))).toEqual([3]);
      expect(await log.claim('b', 5, 'bea')).toBe('ann');
    });

    it('[C4] what was answered while closing is there', async ({ skip }) => {
      if (medium.reopen === undefined) skip('this adapter keeps nothing');
      const begun = Array.from({ length: 20 }, (_, i) => log.append([entry('a', `${i}`)]));
      const answered = Promise.allSettled(begun);
      await store.close();
      const results = await answered;
      store = (await medium.reopen?.()) ?? store;
      const kept = (await store.log.read('a', 0, 100)).map(textOf);
      for (const [i, result] of results.entries()) {
        if (result.status === 'fulfilled') expect(kept).toContain(`${i}`);
      }
    });
  });
}
