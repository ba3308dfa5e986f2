import { type Observable, type Weft, createWeft } from '@weft/client';
import { type WeftServer, createWeftServer } from '@weft/server';
import { openMemoryDevice } from '@weft/storage/device-memory';
import { openMemoryStore } from '@weft/storage/memory';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import * as Y from 'yjs';

/** Work of several authors that a device took over from elsewhere (`importFromYIndexeddb`) and no server has seen. */

const SECRET = 'a secret for tests, longer than 32 bytes';
const DOCUMENT = 'document/imported';

function until<T>(source: Observable<T>, holds: (value: T) => boolean): Promise<void> {
  return new Promise((resolve) => {
    const check = () => {
      if (!holds(source.get())) return;
      stop();
      resolve();
    };
    const stop = source.subscribe(check);
    check();
  });
}

/** What three authors wrote into one document, as one update. */
function workOfThree(): Uint8Array {
  const doc = new Y.Doc();
  for (const [client, words] of [
    [101, 'one '],
    [102, 'two '],
    [103, 'three'],
  ] as const) {
    const author = new Y.Doc();
    author.clientID = client;
    Y.applyUpdate(author, Y.encodeStateAsUpdate(doc));
    author.getText('content').insert(author.getText('content').length, words);
    Y.applyUpdate(doc, Y.encodeStateAsUpdate(author));
  }
  return Y.encodeStateAsUpdate(doc);
}

describe('imported work', () => {
  let server: WeftServer;
  let origin = '';
  const clients: Weft[] = [];

  beforeEach(async () => {
    server = await createWeftServer({ store: await openMemoryStore(), secret: SECRET });
    const { port } = await server.listen(0, '127.0.0.1');
    origin = `127.0.0.1:${port}`;
  });

  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.close()));
    await server.close();
  });

  async function client(name: string, held?: Uint8Array): Promise<Weft> {
    const response = await fetch(`http://${origin}/auth/guest`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name }),
    });
    const { token }: { token: string } = await response.json();
    const store = openMemoryDevice();
    if (held !== undefined) {
      await store.append({ document: DOCUMENT, bytes: held, origin: 'local' });
    }
    const made = createWeft({ url: `ws://${origin}/sync`, token, store });
    clients.push(made);
    return made;
  }

  it('[D2] [D7] the first to bring it uploads all of it under ids that nobody has claimed, also unopened', async () => {
    const ann = await client('Ann', workOfThree());
    await until(ann.connection, ({ state }) => state === 'online');
    await until(ann.pending, (documents) => documents === 0);
    expect(ann.refusals.get()).toEqual([]);
    const bea = (await client('Bea')).document('imported');
    await bea.synced;
    expect(bea.doc.getText('content').toString()).toBe('one two three');
  });

  it('[D7] who brings the same once more claims nothing, and reads stored', async () => {
    const ann = await client('Ann', workOfThree());
    const first = ann.document('imported');
    await until(first.status, ({ state }) => state === 'stored');
    const bea = await client('Bea', workOfThree());
    const second = bea.document('imported');
    await until(second.status, ({ state }) => state === 'stored');
    expect(bea.refusals.get()).toEqual([]);
    expect(second.doc.getText('content').toString()).toBe('one two three');
  });
});
