import {
  type DocumentHandle,
  type Environment,
  type Observable,
  type Weft,
  createWeft,
} from '@weft/client';
import { contentHash } from '@weft/protocol';
import { type Logger, type WeftServer, createWeftServer, silentLogger } from '@weft/server';
import type { Store } from '@weft/storage';
import { type MemoryDisk, createMemoryDisk, openMemoryDevice } from '@weft/storage/device-memory';
import { openMemoryStore } from '@weft/storage/memory';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import * as Y from 'yjs';

/** What the door refuses, and what gets past it: our client against our server over real sockets. */

const SECRET = 'a secret for tests, longer than 32 bytes';
const STREAM = '_/document/spec';

/** Resolves when a condition holds; the test's own time limit is the only one. */
function until<T>(source: Observable<T>, holds: (value: T) => boolean): Promise<T> {
  return new Promise((resolve) => {
    const check = () => {
      if (!holds(source.get())) return;
      stop();
      resolve(source.get());
    };
    const stop = source.subscribe(check);
    check();
  });
}

const stored = (handle: DocumentHandle) => until(handle.status, ({ state }) => state === 'stored');
const textOf = (doc: Y.Doc, root = 'content') => doc.getText(root).toJSON();

/** Resolves when something holds of a handle's document, whichever copy it has. */
function reads(handle: DocumentHandle, holds: (doc: Y.Doc) => boolean): Promise<void> {
  return new Promise((resolve) => {
    let { doc } = handle;
    const check = () => {
      if (!holds(handle.doc)) return;
      doc.off('update', check);
      leave();
      resolve();
    };
    const leave = handle.copy.subscribe(() => {
      doc.off('update', check);
      ({ doc } = handle);
      doc.on('update', check);
      check();
    });
    doc.on('update', check);
    check();
  });
}

/** The platform's timers on a clock that a test may put forward: what is due by then comes at once. */
function skippingEnv() {
  let ahead = 0;
  const timers = new Set<{ readonly at: number; readonly run: () => void }>();
  const now = () => Date.now() + ahead;
  const env: Pick<Environment, 'now' | 'timer'> = {
    now,
    timer: (ms, fire) => {
      const cancel = () => {
        timers.delete(timer);
        clearTimeout(id);
      };
      const run = () => {
        cancel();
        fire();
      };
      const timer = { at: now() + ms, run };
      timers.add(timer);
      const id = setTimeout(run, ms);
      return cancel;
    },
  };
  return {
    env,
    skip: (ms: number) => {
      ahead += ms;
      for (const { at, run } of [...timers]) if (at <= now()) run();
    },
  };
}

describe('what is refused, and what gets past', () => {
  let server: WeftServer;
  let store: Store;
  let port = 0;
  const clients: Weft[] = [];
  const errors: string[] = [];
  const logger: Logger = { ...silentLogger, error: (message) => void errors.push(message) };

  beforeEach(async () => {
    errors.length = 0;
    store = await openMemoryStore();
    server = await createWeftServer({ store, secret: SECRET, logger });
    ({ port } = await server.listen(0, '127.0.0.1'));
  });

  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.close()));
    await server.close();
  });

  async function guest(name: string): Promise<string> {
    const response = await fetch(`http://127.0.0.1:${port}/auth/guest`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name }),
    });
    const answer: unknown = await response.json();
    if (typeof answer !== 'object' || answer === null || !('token' in answer))
      throw new Error('No token.');
    return String(answer.token);
  }

  async function client(name: string, options: Partial<Parameters<typeof createWeft>[0]> = {}) {
    const token = await guest(name);
    const made = createWeft({ url: `ws://127.0.0.1:${port}/sync`, token, ...options });
    clients.push(made);
    return made;
  }

  /** Puts an update into the log as if the door had let it through. */
  async function force(bytes: Uint8Array): Promise<void> {
    const after = await store.log.head(STREAM);
    const entry = { stream: STREAM, principal: 'mallory', kind: 'update', at: 0, bytes, after };
    expect((await store.log.append([entry])).outcome).toBe('appended');
  }

  /** "abcd" of client 2, which the forged update goes for. */
  function base(): Uint8Array {
    const doc = new Y.Doc();
    doc.clientID = 2;
    doc.getText('content').insert(0, 'abcd');
    return Y.encodeStateAsUpdate(doc);
  }

  /** One character of client 9, between the second character of client 2 and itself; see forged-neighbours.test.ts. */
  const FORGED = Uint8Array.of(1, 1, 9, 0, 0xc4, 2, 1, 2, 1, 1, 0x78, 0);

  async function edit(handle: DocumentHandle, change: (doc: Y.Doc) => void): Promise<void> {
    change(handle.doc);
    await Promise.resolve();
  }

  /** Work of an afternoon without a network, with one thing in it that no server takes. */
  async function afternoon(disk: MemoryDisk, token: string): Promise<void> {
    const offline = await client('Ann', { token, connect: false, store: openMemoryDevice(disk) });
    const handle = offline.document('spec');
    await handle.loaded;
    const line = (text: string) => (doc: Y.Doc) => {
      const content = doc.getText('content');
      content.insert(content.length, text);
    };
    const steps = [
      ...Array.from({ length: 10 }, (_, i) => line(`before ${i}. `)),
      (doc: Y.Doc) => void doc.getMap('notes').set('__proto__', 'what cannot be kept'),
      ...Array.from({ length: 10 }, (_, i) => line(`after ${i}. `)),
      (doc: Y.Doc) => doc.getText('content').delete(0, 'before 0. '.length),
    ];
    for (const step of steps) {
      await edit(handle, step);
      // A device keeps what was made during one of its writes as one portion: people are slower than that.
      await offline.flush();
    }
    expect(handle.status.get().waiting).toBe(22);
    await offline.close();
  }

  const AFTERNOON = [
    ...Array.from({ length: 9 }, (_, i) => `before ${i + 1}. `),
    ...Array.from({ length: 10 }, (_, i) => `after ${i}. `),
  ].join('');

  it('[D1] [D2] one refused change among many: the others are stored, it stays with its author', async () => {
    const token = await guest('Ann');
    const disk = createMemoryDisk();
    await afternoon(disk, token);
    const ann = await client('Ann', { token, store: openMemoryDevice(disk) });
    const handle = ann.document('spec');
    await until(handle.copy, ({ number }) => number === 2);
    await stored(handle);
    expect(textOf(handle.doc)).toBe(AFTERNOON);
    const bea = (await client('Bea')).document('spec');
    await bea.synced;
    expect(textOf(bea.doc)).toBe(AFTERNOON);
    expect(contentHash(bea.doc)).toBe(contentHash(handle.doc));
    expect(ann.refusals.get()).toMatchObject([
      { document: 'document/spec', code: 'key-forbidden', text: 'what cannot be kept' },
    ]);
    await ann.close();

    const again = await client('Ann', { token, store: openMemoryDevice(disk) });
    const [refusal] = await until(again.refusals, (list) => list.length === 1);
    const later = again.document('spec');
    await later.synced;
    expect(later.status.get()).toEqual({ state: 'stored', waiting: 0 });
    expect(textOf(later.doc)).toBe(AFTERNOON);
    await again.discard(refusal?.id ?? '');
    expect(disk.quarantine.size).toBe(0);
  });

  it('[D2] two tabs that find the same unsent work store what is innocent once', async () => {
    const token = await guest('Ann');
    const disk = createMemoryDisk();
    await afternoon(disk, token);
    const tabs = await Promise.all(
      [1, 2].map(() => client('Ann', { token, store: openMemoryDevice(disk) })),
    );
    const handles = tabs.map((tab) => tab.document('spec'));
    for (const handle of handles) {
      await until(handle.copy, ({ number }) => number > 1);
      await stored(handle);
    }
    await Promise.all(handles.map((handle) => reads(handle, (doc) => textOf(doc) === AFTERNOON)));
    const bea = (await client('Bea')).document('spec');
    await bea.synced;
    expect(textOf(bea.doc)).toBe(AFTERNOON);
    expect(disk.quarantine.size).toBe(1);
  });

  it('[D7] work under a client id that somebody else was first with is stored under another', async () => {
    const ann = await client('Ann', { connect: false });
    const handle = ann.document('spec');
    await handle.loaded;
    const { clientID } = handle.doc;
    await edit(handle, (doc) => doc.getText('content').insert(0, 'mine'));
    expect(await store.log.claim(STREAM, clientID, 'mallory')).toBe('mallory');
    ann.connect();
    await until(handle.copy, ({ number }) => number === 2);
    await stored(handle);
    const bea = (await client('Bea')).document('spec');
    await bea.synced;
    expect(textOf(bea.doc)).toBe('mine');
    expect([...bea.doc.store.clients.keys()]).not.toContain(clientID);
    expect(ann.refusals.get()).toEqual([]);
  });

  it('[D1] an update with forged neighbours is refused at the door, and undone where it was made', async () => {
    await force(base());
    const [ann, bea] = [await client('Ann'), await client('Bea')];
    const [a, b] = [ann.document('spec'), bea.document('spec')];
    await Promise.all([a.synced, b.synced]);
    const before = await store.log.head(STREAM);
    await edit(a, (doc) => Y.applyUpdate(doc, FORGED));
    expect(textOf(a.doc)).not.toBe('abcd');
    await until(a.copy, ({ number }) => number === 2);
    await stored(a);
    expect(textOf(a.doc)).toBe('abcd');
    expect(ann.refusals.get()).toMatchObject([{ code: 'neighbours-forged', text: 'x' }]);
    expect(await store.log.head(STREAM)).toBe(before);
    await edit(b, (doc) => doc.getText('content').insert(4, ' goes on'));
    await reads(a, (doc) => textOf(doc) === 'abcd goes on');
  });

  it('[D1] forced past the door it makes honest replicas differ; all notice, and end with one content', async () => {
    await force(base());
    const tabs = [skippingEnv(), skippingEnv()] as const;
    const ann = await client('Ann', { env: tabs[0].env });
    const bea = await client('Bea', { env: tabs[1].env });
    const [a, b] = [ann.document('spec'), bea.document('spec')];
    await Promise.all([a.synced, b.synced]);
    // Bea writes without a network; meanwhile the forged update is in the log.
    bea.disconnect();
    b.doc.clientID = 5;
    await edit(b, (doc) => doc.getText('content').insert(1, 'A'));
    await force(FORGED);
    bea.connect();
    await stored(b);
    const all = (doc: Y.Doc) => doc.getText('content').length === 'aAbcdx'.length;
    await Promise.all([a, b].map((each) => reads(each, all)));
    // The same updates, all of them stored, and two texts: nobody would ever have known.
    expect(Y.encodeStateVector(a.doc)).toEqual(Y.encodeStateVector(b.doc));
    expect(a.status.get().state).toBe('stored');
    expect(textOf(a.doc)).not.toBe(textOf(b.doc));
    // What Ann types just then, and has not sent, is not lost.
    const differing = until(a.copy, ({ because }) => because === 'diverged');
    for (const { skip } of tabs) skip(10_000);
    await edit(a, (doc) => doc.getText('other').insert(0, 'unsent'));
    await stored(a);
    for (const { skip } of tabs) skip(10_000);
    await differing;
    expect(errors).toContain('A replica differs from the log.');
    await vi.waitFor(() => {
      expect(errors).toContain('The loaded document differs from the log and is loaded anew.');
    });
    const fresh = (await client('Cem')).document('spec');
    await fresh.synced;
    const hash = contentHash(fresh.doc);
    await Promise.all([a, b].map((each) => reads(each, (doc) => contentHash(doc) === hash)));
    expect(textOf(fresh.doc, 'other')).toBe('unsent');
    // And the server's own copy, which was loaded anew, goes on from there with everybody.
    await edit(b, (doc) => doc.getText('content').insert(0, 'on: '));
    await Promise.all(
      [a, fresh].map((each) => reads(each, (doc) => textOf(doc).startsWith('on: '))),
    );
    expect(textOf(a.doc)).toBe(textOf(fresh.doc));
    expect([...ann.refusals.get(), ...bea.refusals.get()]).toEqual([]);
  });
});
