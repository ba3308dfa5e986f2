import { SyncType, contentHash, encodeSyncStep1, encodeWrite } from '@weft/protocol';
import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { rawClient } from './support/raw-client.ts';
import { editorToken, startServer } from './support/server.ts';

const ADDRESS = 'document/a';

type Client = Awaited<ReturnType<typeof rawClient>>;

/** Somebody with the document open, who sends what is written in `doc` when told to. */
async function join(url: string, sub: string) {
  const client = await rawClient(url);
  await client.hello(await editorToken(sub));
  await client.open(ADDRESS);
  const doc = new Y.Doc();
  let n = 0;
  return {
    client,
    doc,
    /** Sends one change as a write; resolves when it is stored. */
    write: (change: (text: Y.Text) => void) => {
      const before = Y.encodeStateVector(doc);
      change(doc.getText('t'));
      n += 1;
      const number = n;
      client.send(
        encodeWrite(ADDRESS, SyncType.Update, Y.encodeStateAsUpdate(doc, before), number),
      );
      return client.weft('stored', ({ n: upTo }) => upTo >= number);
    },
  };
}

const updatesOf = (client: Client) =>
  client.received.flatMap((frame) =>
    frame.kind === 'sync' && frame.type === SyncType.Update ? [frame.bytes] : [],
  );

/** The clocks of a client id that were received, in order: `[from, to)`. */
const rangesOf = (client: Client, id: number) =>
  updatesOf(client).flatMap((update) => {
    const { from, to } = Y.parseUpdateMeta(update);
    return to.has(id) ? [[from.get(id) ?? 0, to.get(id) ?? 0]] : [];
  });

describe('what a commit brought', () => {
  it('[S5] does not come back to the socket that wrote it, and reaches every other once', async () => {
    const { sync } = await startServer();
    const ann = await join(sync, 'ann');
    const bea = await join(sync, 'bea');
    const second = await join(sync, 'ann');
    await ann.write((text) => text.insert(0, 'one'));
    await ann.write((text) => text.insert(3, ' two'));
    await bea.write((text) => text.insert(0, 'three'));
    await ann.client.until(() => rangesOf(ann.client, bea.doc.clientID)[0]);
    expect(rangesOf(ann.client, ann.doc.clientID)).toEqual([]);
    for (const { client } of [bea, second]) {
      await client.until(() => rangesOf(client, ann.doc.clientID)[1]);
      expect(rangesOf(client, ann.doc.clientID)).toEqual([
        [0, 3],
        [3, 7],
      ]);
    }
  });

  it('[D5] [S5] reaches others once and in order where it is large, and whoever comes then has all of it', async () => {
    const { sync } = await startServer();
    const ann = await join(sync, 'ann');
    const bea = await join(sync, 'bea');
    const stored = [
      ann.write((text) => text.insert(0, 'small, ')),
      ann.write((text) => text.insert(7, 'large '.repeat(5_000))),
      ann.write((text) => text.insert(0, 'and ')),
    ];
    const cem = await rawClient(sync);
    await cem.hello(await editorToken('cem'));
    await cem.open(ADDRESS);
    await Promise.all(stored);
    cem.send(encodeSyncStep1(ADDRESS, Y.encodeStateVector(new Y.Doc())));
    const answer = await cem.until(() =>
      cem.received.find((frame) => frame.kind === 'sync' && frame.type === SyncType.Step2),
    );
    const late = new Y.Doc();
    if (answer.kind === 'sync') Y.applyUpdate(late, answer.bytes);
    for (const update of updatesOf(cem)) Y.applyUpdate(late, update);
    expect(contentHash(late)).toBe(contentHash(ann.doc));

    const end = Y.getState(ann.doc.store, ann.doc.clientID);
    await bea.client.until(() =>
      rangesOf(bea.client, ann.doc.clientID).find(([, to]) => to === end),
    );
    const ranges = rangesOf(bea.client, ann.doc.clientID);
    expect(ranges.map(([from]) => from)).toEqual([0, ...ranges.slice(0, -1).map(([, to]) => to)]);
    for (const update of updatesOf(bea.client)) {
      Y.applyUpdate(bea.doc, update);
      expect(bea.doc.store.pendingStructs).toBeNull();
    }
    expect(contentHash(bea.doc)).toBe(contentHash(ann.doc));
    expect(updatesOf(ann.client)).toEqual([]);
  });

  it('[S5] reaches others once where a large one is the one after which what waits is sent', async () => {
    const { sync } = await startServer();
    const ann = await join(sync, 'ann');
    const bea = await join(sync, 'bea');
    // Every 128th update has the engine send what waits.
    for (let n = 1; n < 128; n += 1) await ann.write((text) => text.insert(text.length, 'x'));
    await ann.write((text) => text.insert(text.length, 'large '.repeat(5_000)));
    await ann.write((text) => text.insert(text.length, 'end'));
    const end = Y.getState(ann.doc.store, ann.doc.clientID);
    await bea.client.until(() =>
      rangesOf(bea.client, ann.doc.clientID).find(([, to]) => to === end),
    );
    const ranges = rangesOf(bea.client, ann.doc.clientID);
    expect(ranges.map(([from]) => from)).toEqual([0, ...ranges.slice(0, -1).map(([, to]) => to)]);
  });
});
