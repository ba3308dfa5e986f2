import type { Log, Store } from '@weft/storage';
import { openMemoryStore } from '@weft/storage/memory';
import { SyncType, encodeSyncStep1, encodeWrite } from '@weft/protocol';
import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { rawClient } from './support/raw-client.ts';
import { editorToken, startServer } from './support/server.ts';

/** A store whose next append is committed and then fails: its outcome is not known. */
async function doubtfulStore() {
  const store = await openMemoryStore();
  let doubtful = false;
  const append: Log['append'] = async (entries) => {
    const result = await store.log.append(entries);
    if (doubtful) {
      doubtful = false;
      throw new Error('disk I/O error');
    }
    return result;
  };
  const made: Store = { ...store, log: { ...store.log, append } };
  return {
    store: made,
    doubtOnce: () => {
      doubtful = true;
    },
  };
}

async function signedIn(sync: string, sub: string) {
  const client = await rawClient(sync);
  await client.hello(await editorToken(sub));
  return client;
}

function updateWith(text: string): Uint8Array {
  const doc = new Y.Doc();
  doc.getText('t').insert(0, text);
  return Y.encodeStateAsUpdate(doc);
}

const say = (n: number) => ({
  type: 'command' as const,
  id: `01J${String(n).padStart(23, '0')}`,
  device: 'd1',
  counter: n,
  conversation: 'general',
  at: n,
  action: { type: 'send' as const, body: { version: 1 as const, text: `message ${n}` } },
});

describe('a commit whose outcome is not known', () => {
  it('[D2] [D3] of a document: not answered as stored, and shown to others once the log says that it holds', async () => {
    const { store, doubtOnce } = await doubtfulStore();
    const { sync } = await startServer({ store });
    const [ann, bea] = [await signedIn(sync, 'ann'), await signedIn(sync, 'bea')];
    await ann.open('document/a');
    await bea.open('document/a');
    bea.send(encodeSyncStep1('document/a', Y.encodeStateVector(new Y.Doc())));
    doubtOnce();
    ann.send(encodeWrite('document/a', SyncType.Step2, updateWith('doubtful'), 1));
    expect(await ann.weft('bye')).toMatchObject({ code: 'storage-failed' });
    expect(
      ann.received.some((frame) => frame.kind === 'weft' && frame.message.type === 'stored'),
    ).toBe(false);
    // Ann never comes back: what is durable is shown all the same.
    const seen = new Y.Doc();
    await bea.until(() => {
      for (const frame of bea.received) {
        if (frame.kind === 'sync' && frame.type !== SyncType.Step1)
          Y.applyUpdate(seen, frame.bytes);
      }
      return seen.getText('t').toJSON() === 'doubtful' || undefined;
    });
    expect(await store.log.head('_/document/a')).toBe(1);
  });

  it('[C3] [C4] [C6] of a message: not acked as stored, shown without a gap, and its resend is acked as the first', async () => {
    const { store, doubtOnce } = await doubtfulStore();
    const { sync } = await startServer({ store });
    const [ann, bea] = [await signedIn(sync, 'ann'), await signedIn(sync, 'bea')];
    await bea.open('conversation/general/0');
    bea.send(encodeSyncStep1('conversation/general/0', Y.encodeStateVector(new Y.Doc())));
    doubtOnce();
    ann.say(say(1));
    expect((await ann.weft('ack')).result).toMatchObject({
      outcome: 'refused',
      code: 'storage-failed',
    });
    expect(await bea.weft('event', ({ event }) => event === 1)).toMatchObject({ sequence: 1 });
    ann.say(say(2));
    await ann.weft('ack', ({ id }) => id === say(2).id);
    const segment = new Y.Doc();
    await bea.until(() => {
      for (const frame of bea.received) {
        if (frame.kind === 'sync' && frame.type !== SyncType.Step1) {
          Y.applyUpdate(segment, frame.bytes);
        }
      }
      return segment.getMap('messages').size === 2 || undefined;
    });
    expect(segment.store.pendingStructs).toBeNull();
    ann.say(say(1));
    const again = await ann.weft(
      'ack',
      ({ id, result }) => id === say(1).id && result.outcome === 'stored',
    );
    expect(again.result).toMatchObject({ event: 1, sequence: 1 });
    expect(await store.log.head('_/conversation/general')).toBe(2);
  });

  it('[D9] of the first write of a document and of a conversation: who made them owns them all the same', async () => {
    const { store, doubtOnce } = await doubtfulStore();
    const recorded = new Map<string, () => void>();
    const [document, conversation] = ['mine', 'room'].map(
      (id) => new Promise<void>((resolve) => recorded.set(id, resolve)),
    );
    const registry: Store['registry'] = {
      ...store.registry,
      createResource: async (resource) => {
        const made = await store.registry.createResource(resource);
        recorded.get(resource.id)?.();
        return made;
      },
    };
    const { sync } = await startServer({ store: { ...store, registry } });
    const ann = await signedIn(sync, 'ann');
    await ann.open('document/mine');
    doubtOnce();
    ann.send(encodeWrite('document/mine', SyncType.Step2, updateWith('doubtful'), 1));
    await document;
    expect(await store.registry.resource('_', 'document', 'mine')).toMatchObject({ owner: 'ann' });
    const again = await signedIn(sync, 'ann');
    doubtOnce();
    again.say({ ...say(1), conversation: 'room' });
    await conversation;
    const room = await store.registry.resource('_', 'conversation', 'room');
    expect(room).toMatchObject({ owner: 'ann' });
  });
});
