import { SyncType, encodeAuth, encodeBare, encodeSyncStep1, MessageType } from '@weft/protocol';
import type { Log } from '@weft/storage';
import { openMemoryStore } from '@weft/storage/memory';
import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { Snapshots } from '../src/engine/snapshots.ts';
import { rawClient } from './support/raw-client.ts';
import { editorToken, signToken, startServer } from './support/server.ts';

const ADDRESS = 'document/long';
const NOTHING = Y.encodeStateVector(new Y.Doc());

/** A store with a document that has a snapshot large enough to be sent first. */
async function storeWithSnapshot() {
  const doc = new Y.Doc();
  doc.getText('t').insert(0, 'long '.repeat(8_000));
  const bytes = Y.encodeStateAsUpdate(doc);
  const store = await openMemoryStore();
  const stream = `_/${ADDRESS}`;
  await store.log.append([{ stream, principal: 'ann', kind: 'update', at: 0, bytes }]);
  await store.log.putSnapshot(stream, { upTo: 1, bytes }, 0);
  await store.log.trim(stream);
  return { store, doc };
}

describe('a newcomer who asks for everything at once', () => {
  it('[D9] gets nothing of a document that it has no rights to, however early it asks', async () => {
    const { store } = await storeWithSnapshot();
    const { sync } = await startServer({ store });
    // Somebody else asked a moment ago: the snapshot is in memory.
    const ann = await rawClient(sync);
    await ann.hello(await editorToken('ann'));
    ann.send(encodeAuth(ADDRESS, ''));
    ann.send(encodeSyncStep1(ADDRESS, NOTHING));
    await ann.until(() => ann.received.find(({ kind }) => kind === 'sync'));

    for (const token of [await signToken('eve'), await signToken('eve', [])]) {
      const eve = await rawClient(sync);
      await eve.hello(token);
      eve.send(encodeAuth(ADDRESS, ''));
      eve.send(encodeSyncStep1(ADDRESS, NOTHING));
      // Another document's refusal comes after all that this one could bring.
      eve.send(encodeBare(ADDRESS, MessageType.QueryAwareness));
      expect(await eve.open('document/other')).toBe('forbidden');
      expect(eve.received.filter(({ kind }) => kind === 'sync')).toEqual([]);
    }
  });

  it('[D4] gets the snapshot before the engine has loaded the document, and then the rest', async () => {
    const { store, doc } = await storeWithSnapshot();
    const { sync } = await startServer({ store });
    const clients = await Promise.all(
      ['ann', 'bea', 'cem'].map(async (sub) => {
        const client = await rawClient(sync);
        await client.hello(await editorToken(sub));
        return client;
      }),
    );
    for (const client of clients) {
      client.send(encodeAuth(ADDRESS, ''));
      client.send(encodeSyncStep1(ADDRESS, NOTHING));
    }
    for (const client of clients) {
      await client.until(() =>
        client.received.find((frame) => frame.kind === 'sync' && frame.type === SyncType.Step2),
      );
      const order = client.received.flatMap((frame) => {
        if (frame.kind === 'auth') return 'authenticated';
        return frame.kind === 'sync' && frame.type !== SyncType.Step1 ? frame.type : [];
      });
      expect(order).toEqual([SyncType.Update, 'authenticated', SyncType.Step2]);
      const got = new Y.Doc();
      for (const frame of client.received) {
        if (frame.kind === 'sync' && frame.type !== SyncType.Step1) Y.applyUpdate(got, frame.bytes);
      }
      expect(got.getText('t').toJSON()).toBe(doc.getText('t').toJSON());
    }
  });

  it('reads a snapshot once for twenty who come together, and once to load the document', async () => {
    const { store, doc } = await storeWithSnapshot();
    let reads = 0;
    const snapshot: Log['snapshot'] = (stream) => {
      if (stream === `_/${ADDRESS}`) reads += 1;
      return store.log.snapshot(stream);
    };
    const { sync } = await startServer({ store: { ...store, log: { ...store.log, snapshot } } });
    const token = await editorToken('ann');
    const clients = await Promise.all(Array.from({ length: 20 }, () => rawClient(sync)));
    await Promise.all(clients.map((client) => client.hello(token)));
    for (const client of clients) {
      client.send(encodeAuth(ADDRESS, ''));
      client.send(encodeSyncStep1(ADDRESS, NOTHING));
    }
    for (const client of clients) {
      await client.until(() =>
        client.received.find((frame) => frame.kind === 'sync' && frame.type === SyncType.Step2),
      );
      const got = new Y.Doc();
      for (const frame of client.received) {
        if (frame.kind === 'sync' && frame.type !== SyncType.Step1) Y.applyUpdate(got, frame.bytes);
      }
      expect(got.getText('t').length).toBe(doc.getText('t').length);
    }
    expect(reads).toBe(2);
  });

  it('is sent the very bytes that the others are sent: one buffer for each name of the document', async () => {
    const { store } = await storeWithSnapshot();
    const snapshots = new Snapshots(store.log);
    const [first, second] = [
      await snapshots.get(`_/${ADDRESS}`),
      await snapshots.get(`_/${ADDRESS}`),
    ];
    expect(first?.frame(ADDRESS)).toBeInstanceOf(Uint8Array);
    expect(second?.frame(ADDRESS)).toBe(first?.frame(ADDRESS));
    // A stock provider may call one document by a longer name: other bytes.
    expect(first?.frame(`${ADDRESS} 2`)).not.toBe(first?.frame(ADDRESS));
  });
});
