import { type Command, type OutboxEntry, isOutboxEntry } from '@weft/protocol';
import type { DeviceStore, Quarantined } from '@weft/storage';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

/** One place where a device keeps its data, made anew for each test and empty at first. */
export interface DeviceMedium {
  /** Opens a store on it: another tab while one is open, a reload after it was closed. */
  open(): Promise<DeviceStore>;
  /** How many writes the medium has taken; left out where it cannot be told. */
  writes?(): number;
  /** Removes what was made. All stores are closed before. */
  dispose(): Promise<void>;
}

/** Makes an empty medium. */
export type MakeDeviceMedium = () => Promise<DeviceMedium>;

const bytes = (...values: number[]) => Uint8Array.of(...values);

const ULID_BASE = '01J0000000000000000000000';

function entry(conversation: string, counter: number, id: string): OutboxEntry {
  const command: Command = {
    type: 'command',
    id,
    device: 'device-1',
    counter,
    conversation,
    at: 1_700_000_000_000,
    action: { type: 'send', body: { version: 1, text: `message ${counter}` } },
  };
  return { command, state: { state: 'queued' } };
}

/** The contract of the `DeviceStore` port: what every adapter must do, whatever medium it writes to. */
export function describeDeviceStoreContract(name: string, makeMedium: MakeDeviceMedium): void {
  describe(`device store contract: ${name}`, () => {
    let medium: DeviceMedium;
    let stores: DeviceStore[];
    let store: DeviceStore;
    const open = async () => {
      const opened = await medium.open();
      stores.push(opened);
      return opened;
    };
    const reload = async () => {
      await store.close();
      store = await open();
    };
    beforeEach(async () => {
      medium = await makeMedium();
      stores = [];
      store = await open();
    });
    afterEach(async () => {
      await Promise.all(stores.map((opened) => opened.close()));
      await medium.dispose();
    });

    const local = (document: string, value: number, changes?: number) =>
      store.append({
        document,
        bytes: bytes(value),
        origin: 'local',
        ...(changes === undefined ? {} : { changes }),
      });
    const remote = (document: string, value: number) =>
      store.append({ document, bytes: bytes(value), origin: 'remote' });
    const enqueue = (conversation: string, id: string, replaces?: string, by = store) =>
      by.enqueue(conversation, (counter) => entry(conversation, counter, id), replaces);
    const ids = async (from = store) =>
      (await from.outbox(isOutboxEntry)).map(({ command }) => command.id);

    describe('documents', () => {
      it('[D4] an unknown document is empty', async () => {
        expect(await store.load('document/a')).toEqual({
          updates: [],
          local: 0,
          unstored: 0,
          unstoredRecords: [],
          unstoredUpdates: [],
        });
      });

      it('[D2] [D4] gives back what was kept, in order, also after a reload', async () => {
        await local('document/a', 1);
        await remote('document/a', 2);
        await local('document/b', 9);
        await local('document/a', 3);
        const before = await store.load('document/a');
        expect(before.updates).toEqual([bytes(1), bytes(2), bytes(3)]);
        await reload();
        expect(await store.load('document/a')).toEqual(before);
        expect((await store.load('document/b')).updates).toEqual([bytes(9)]);
      });

      it('[D2] counts local changes as unstored until their records are marked', async () => {
        const first = await local('document/a', 1, 50);
        const second = await local('document/a', 2);
        await remote('document/a', 3);
        expect(await store.load('document/a')).toMatchObject({ local: 51, unstored: 51 });
        await store.markStored('document/a', [first]);
        await reload();
        expect(await store.load('document/a')).toMatchObject({
          local: 51,
          unstored: 1,
          unstoredRecords: [second],
          unstoredUpdates: [{ record: second, bytes: bytes(2), changes: 1 }],
        });
      });

      it('[D2] marking twice, or what another document holds, marks nothing else', async () => {
        const first = await local('document/a', 1);
        const second = await local('document/a', 2);
        await store.markStored('document/a', [first]);
        await store.markStored('document/a', [first]);
        await store.markStored('document/b', [second]);
        await store.markStored('document/a', [second + 1000]);
        expect((await store.load('document/a')).unstoredRecords).toEqual([second]);
      });

      it('keeps bytes of a view without what lies around them, and apart from later changes', async () => {
        const buffer = bytes(7, 8, 9);
        const kept = store.append({
          document: 'document/a',
          bytes: buffer.subarray(1, 2),
          origin: 'local',
        });
        await kept;
        buffer.fill(0);
        const [update] = (await store.load('document/a')).updates;
        expect(update).toEqual(bytes(8));
        expect(update?.buffer.byteLength).toBe(1);
      });

      it('calls take effect in the order they were made, without waiting in between', async () => {
        const appended = [1, 2, 3].map((value) => local('document/a', value));
        const loaded = store.load('document/a');
        const late = local('document/a', 4);
        expect((await loaded).updates).toEqual([bytes(1), bytes(2), bytes(3)]);
        const numbers = [...(await Promise.all(appended)), await late];
        expect(numbers.toSorted((a, b) => a - b)).toEqual(numbers);
        expect(new Set(numbers).size).toBe(4);
      });

      it('[D2] keeps a burst whole when it is closed at once', async () => {
        const burst = Array.from({ length: 300 }, (_, value) => local('document/a', value % 256));
        await reload();
        await Promise.all(burst);
        expect((await store.load('document/a')).updates).toHaveLength(300);
      });

      it('names the documents with unstored changes', async () => {
        const a = await local('document/a', 1);
        await local('workspace/main', 2);
        await remote('document/c', 3);
        expect(await store.pending()).toEqual(['document/a', 'workspace/main']);
        await store.markStored('document/a', [a]);
        expect(await store.pending()).toEqual(['workspace/main']);
      });

      it('[F3] a document has another version after each change of what is kept of it, and no other', async () => {
        const versions = async () => Object.fromEntries(await store.versions('conversation/'));
        const segment = (id: string, value: number) =>
          store.append({ document: id, bytes: bytes(value), origin: 'remote' });
        expect(await versions()).toEqual({});
        for (const value of [1, 2, 3]) await segment('conversation/x/0', value);
        await segment('conversation/x/1', 1);
        await segment('document/x', 1);
        const first = await versions();
        expect(Object.keys(first)).toEqual(['conversation/x/0', 'conversation/x/1']);
        expect(await versions()).toEqual(first);
        await segment('conversation/x/0', 4);
        const second = await versions();
        expect(second['conversation/x/0']).not.toBe(first['conversation/x/0']);
        expect(second['conversation/x/1']).toBe(first['conversation/x/1']);
        await store.fold('conversation/x/0', () => bytes(9));
        const third = await versions();
        expect(third['conversation/x/0']).not.toBe(second['conversation/x/0']);
        await store.evict('conversation/x/0');
        expect(Object.keys(await versions())).toEqual(['conversation/x/1']);
        await segment('conversation/x/0', 9);
        expect(Object.values(third)).not.toContain((await versions())['conversation/x/0']);
        await reload();
        expect(Object.keys(await versions())).toHaveLength(2);
      });

      it('names the documents with a prefix', async () => {
        for (const name of [
          'conversation/x/0',
          'conversation/x/10',
          'conversation/xy/0',
          'document/x',
        ]) {
          await remote(name, 1);
          await remote(name, 2);
        }
        expect(await store.documents('conversation/x/')).toEqual([
          'conversation/x/0',
          'conversation/x/10',
        ]);
        expect(await store.documents('workspace/')).toEqual([]);
      });

      it('two tabs see what each other kept', async () => {
        const other = await open();
        await local('document/a', 1);
        await other.append({ document: 'document/a', bytes: bytes(2), origin: 'local' });
        expect((await store.load('document/a')).unstored).toBe(2);
        expect((await other.load('document/a')).updates).toEqual([bytes(1), bytes(2)]);
      });
    });

    describe('folding', () => {
      const join = (updates: readonly Uint8Array[]) =>
        Uint8Array.from(updates.flatMap((update) => [...update]));

      it('makes one record of all that is stored, and leaves what is not', async () => {
        const first = await local('document/a', 1, 2);
        await remote('document/a', 2);
        const third = await local('document/a', 3, 4);
        await remote('document/b', 9);
        await store.markStored('document/a', [first]);
        await store.fold('document/a', join);
        await reload();
        const loaded = await store.load('document/a');
        expect(loaded.updates.toSorted((a, b) => a.length - b.length)).toEqual([
          bytes(3),
          bytes(1, 2),
        ]);
        expect(loaded).toMatchObject({ local: 6, unstored: 4, unstoredRecords: [third] });
        expect((await store.load('document/b')).updates).toEqual([bytes(9)]);
      });

      it('does nothing to fewer than two records', async () => {
        await remote('document/a', 1);
        let called = false;
        await store.fold('document/a', (updates) => {
          called = true;
          return join(updates);
        });
        expect(called).toBe(false);
        expect((await store.load('document/a')).updates).toEqual([bytes(1)]);
      });

      it('a merge that throws leaves everything as it was', async () => {
        await remote('document/a', 1);
        await remote('document/a', 2);
        await expect(
          store.fold('document/a', () => {
            throw new Error('damaged');
          }),
        ).rejects.toThrow();
        expect((await store.load('document/a')).updates).toEqual([bytes(1), bytes(2)]);
      });
    });

    describe('rebuilding', () => {
      const refused = (id: string, at = 1_700_000_000_000): Quarantined => ({
        id,
        document: 'document/a',
        code: 'update-invalid',
        message: 'No.',
        at,
        text: 'what was written',
        bytes: bytes(6, 6, 6),
      });

      it('[D2] [D4] puts a state and the changes that are kept in place of everything, at once', async () => {
        await remote('document/a', 1);
        const stored = await local('document/a', 2);
        await store.markStored('document/a', [stored]);
        const gone = await local('document/a', 3);
        const elsewhere = await local('document/b', 4);
        const asked: ReadonlySet<number>[] = [];
        const numbers = await store.rebuild('document/a', (unstored) => {
          asked.push(unstored);
          return {
            state: bytes(7),
            remove: [gone],
            local: [
              { bytes: bytes(8), changes: 2 },
              { bytes: bytes(9), changes: 1 },
            ],
            quarantine: [refused('q')],
          };
        });
        expect(asked).toEqual([new Set([gone])]);
        await reload();
        expect(await store.load('document/a')).toEqual({
          updates: [bytes(7), bytes(8), bytes(9)],
          local: 3,
          unstored: 3,
          unstoredRecords: numbers,
          unstoredUpdates: [
            { record: numbers[0], bytes: bytes(8), changes: 2 },
            { record: numbers[1], bytes: bytes(9), changes: 1 },
          ],
        });
        expect((await store.load('document/b')).unstoredRecords).toEqual([elsewhere]);
        expect(await store.quarantined()).toEqual([refused('q')]);
      });

      it('[D2] changes that only another tab knows of stay, and what it dealt with is not dealt with twice', async () => {
        const first = await local('document/a', 1);
        const other = await open();
        const theirs = await other.append({
          document: 'document/a',
          bytes: bytes(2),
          origin: 'local',
        });
        const nothing = { state: bytes(7), local: [], quarantine: [] };
        await store.rebuild('document/a', () => ({ ...nothing, remove: [first] }));
        expect((await store.load('document/a')).updates).toEqual([bytes(2), bytes(7)]);
        const asked: ReadonlySet<number>[] = [];
        await other.rebuild('document/a', (unstored) => {
          asked.push(unstored);
          return undefined;
        });
        expect(asked).toEqual([new Set([theirs])]);
        expect((await store.load('document/a')).updates).toEqual([bytes(2), bytes(7)]);
      });

      it('what throws changes nothing', async () => {
        await local('document/a', 1);
        const before = await store.load('document/a');
        await expect(
          store.rebuild('document/a', () => {
            throw new Error('no');
          }),
        ).rejects.toThrow();
        expect(await store.load('document/a')).toEqual(before);
      });

      it('quarantine is kept over a reload, oldest first, until it is discarded', async () => {
        const nothing = { state: bytes(7), remove: [], local: [] };
        await store.rebuild('document/a', () => ({ ...nothing, quarantine: [refused('b', 2)] }));
        await store.rebuild('document/b', () => ({ ...nothing, quarantine: [refused('c', 1)] }));
        await reload();
        expect((await store.quarantined()).map(({ id }) => id)).toEqual(['c', 'b']);
        await store.discard('c');
        await store.discard('unknown');
        await reload();
        expect((await store.quarantined()).map(({ id }) => id)).toEqual(['b']);
      });
    });

    describe('history', () => {
      const history = { serverId: 's', epoch: 1 };

      it('is unknown at first, and kept', async () => {
        expect(await store.history()).toBeUndefined();
        await store.setHistory(history);
        await reload();
        expect(await store.history()).toEqual(history);
      });

      it('the first one, and the same again, change nothing', async () => {
        const first = await local('document/a', 1);
        await remote('conversation/c/0', 2);
        await store.markStored('document/a', [first]);
        await store.setHistory(history);
        await store.setHistory({ ...history });
        expect((await store.load('document/a')).unstored).toBe(0);
        expect((await store.load('conversation/c/0')).updates).toHaveLength(1);
      });

      it.each([
        ['epoch', { serverId: 's', epoch: 2 }],
        ['server', { serverId: 't', epoch: 1 }],
      ])(
        '[D2] another %s: every local change counts as unstored, and segments are gone',
        async (_, next) => {
          await store.setHistory(history);
          const first = await local('document/a', 1, 3);
          const second = await local('document/a', 2);
          await remote('document/b', 3);
          await remote('conversation/c/0', 4);
          await store.markStored('document/a', [first]);
          await store.setHistory(next);
          await reload();
          expect(await store.load('document/a')).toMatchObject({
            local: 4,
            unstored: 4,
            unstoredRecords: [first, second],
          });
          expect(await store.load('document/b')).toMatchObject({ local: 0, unstored: 0 });
          expect(await store.pending()).toEqual(['document/a']);
          expect(await store.documents('conversation/')).toEqual([]);
        },
      );
    });

    describe('outbox', () => {
      it('[C7] keeps entries over a reload, each conversation in the order of its counters', async () => {
        const made = await Promise.all([
          enqueue('c', `${ULID_BASE}9`),
          enqueue('d', `${ULID_BASE}1`),
          enqueue('c', `${ULID_BASE}2`),
        ]);
        expect(made.map(({ command }) => command.counter)).toEqual([1, 1, 2]);
        await reload();
        expect(await ids()).toEqual([`${ULID_BASE}9`, `${ULID_BASE}2`, `${ULID_BASE}1`]);
      });

      it('[C5] counters are dense over reloads, deletions and tabs', async () => {
        await enqueue('c', `${ULID_BASE}1`);
        await store.deleteOutbox(`${ULID_BASE}1`);
        await reload();
        const other = await open();
        const made = await Promise.all([
          enqueue('c', `${ULID_BASE}2`),
          enqueue('c', `${ULID_BASE}3`, undefined, other),
          enqueue('c', `${ULID_BASE}4`),
        ]);
        expect(made.map(({ command }) => command.counter).toSorted((a, b) => a - b)).toEqual([
          2, 3, 4,
        ]);
      });

      it('[C7] a retry takes the place of the failed entry at once', async () => {
        await enqueue('c', `${ULID_BASE}1`);
        await enqueue('c', `${ULID_BASE}2`, `${ULID_BASE}1`);
        expect(await ids()).toEqual([`${ULID_BASE}2`]);
      });

      it('[C7] an entry that was removed does not come back', async () => {
        const kept = await enqueue('c', `${ULID_BASE}1`);
        const other = await open();
        await other.deleteOutbox(`${ULID_BASE}1`);
        const failed: OutboxEntry = {
          ...kept,
          state: { state: 'failed', code: 'message-too-long', message: 'Too long.' },
        };
        await store.replaceOutbox(failed);
        expect(await ids()).toEqual([]);
        await enqueue('c', `${ULID_BASE}1`);
        await store.replaceOutbox(failed);
        expect((await store.outbox(isOutboxEntry))[0]?.state.state).toBe('failed');
      });
    });

    describe('values', () => {
      it('are kept, and replaced', async () => {
        expect(await store.get('theme')).toBeUndefined();
        await store.set('theme', 'dark');
        await store.set('theme', 'light');
        await reload();
        expect(await store.get('theme')).toBe('light');
      });

      it('two tabs that claim one value agree', async () => {
        const other = await open();
        const [a, b] = await Promise.all([store.claim('device', 'a'), other.claim('device', 'b')]);
        expect(a).toBe(b);
        expect(await store.get('device')).toBe(a);
      });

      it('are apart from what the store keeps for itself', async () => {
        await store.set('history', 'x');
        expect(await store.history()).toBeUndefined();
      });
    });

    describe('opening and closing', () => {
      it('opening and reading write nothing', async () => {
        await local('document/a', 1);
        const writes = medium.writes?.();
        for (let times = 0; times < 50; times += 1) {
          await reload();
          await store.load('document/a');
          await store.outbox(isOutboxEntry);
          await store.pending();
        }
        expect(medium.writes?.()).toBe(writes);
        expect((await store.load('document/a')).updates).toHaveLength(1);
      });

      it('flush resolves after everything handed in is readable', async () => {
        void local('document/a', 1);
        await store.flush();
        const other = await open();
        expect((await other.load('document/a')).updates).toHaveLength(1);
      });

      it('after close, calls reject with device-failed; close again is harmless', async () => {
        await store.close();
        await store.close();
        await expect(store.load('document/a')).rejects.toMatchObject({ code: 'device-failed' });
        await expect(local('document/a', 1)).rejects.toMatchObject({ code: 'device-failed' });
      });
    });
  });
}
