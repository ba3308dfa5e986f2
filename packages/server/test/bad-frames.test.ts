import {
  PROTOCOL_VERSION,
  SyncType,
  encodeAuth,
  encodeAwareness,
  encodeWeft,
  encodeWrite,
} from '@weft/protocol';
import { openMemoryStore } from '@weft/storage/memory';
import { expect, it, onTestFinished, vi } from 'vitest';
import { Awareness, encodeAwarenessUpdate } from 'y-protocols/awareness';
import * as Y from 'yjs';
import { createWeftCore, silentLogger } from '../src/index.ts';

const ADDRESS = 'document/a';

const hello = (sub: string) =>
  encodeWeft({ type: 'hello', protocol: PROTOCOL_VERSION, token: sub, device: 'd', build: 't' });

it('[D3] every message type, cut short at every byte, changes nothing and harms its own socket at most', async () => {
  // Hocuspocus prints what it cannot read.
  vi.spyOn(console, 'error').mockImplementation(() => undefined);
  onTestFinished(() => {
    vi.restoreAllMocks();
  });
  const store = await openMemoryStore();
  const core = await createWeftCore({
    store,
    verify: async (sub) => ({
      tenant: '_',
      sub,
      name: sub,
      grants: [{ resource: '*', role: 'editor' as const }],
      expires: undefined,
    }),
    now: () => 1_000,
    logger: silentLogger,
    build: 'test',
    rates: { question: { perSecond: 1e6, burst: 1e6 } },
  });
  onTestFinished(() => core.close());
  /** A socket with the document open; every frame it was sent, as text. */
  const open = async (sub: string) => {
    let said = '';
    const socket = core.accept({
      readyState: 1,
      send: (data) => {
        if (data instanceof Uint8Array) said += new TextDecoder().decode(data);
      },
      close: () => undefined,
    });
    socket.receive(hello(sub));
    socket.receive(encodeAuth(ADDRESS, ''));
    await vi.waitFor(() => expect(said).toContain('read-write'), { interval: 1 });
    return { socket, said: () => said };
  };
  const good = await open('good');
  const doc = new Y.Doc();
  doc.getText('t').insert(0, 'x');
  const shown = new Awareness(new Y.Doc());
  shown.setLocalState({ cursor: 1 });
  const whole = [
    encodeWrite(ADDRESS, SyncType.Update, Y.encodeStateAsUpdate(doc), 1),
    encodeAwareness(ADDRESS, encodeAwarenessUpdate(shown, [shown.clientID])),
    encodeAuth(ADDRESS, 'good'),
  ];
  const typeAt = 1 + ADDRESS.length;
  for (let type = 0; type < 256; type += 1) {
    const bad = await open('bad');
    for (const frame of whole) {
      const changed = frame.slice();
      changed[typeAt] = type;
      // The last byte stays away: what is whole is no bad frame.
      for (let end = 0; end < changed.length - 1; end += 1) {
        bad.socket.receive(changed.subarray(0, end));
      }
    }
    bad.socket.closed();
  }
  expect(await store.log.head(`_/${ADDRESS}`)).toBe(0);
  // Whoever had the document open goes on in it.
  good.socket.receive(encodeWrite(ADDRESS, SyncType.Update, Y.encodeStateAsUpdate(doc), 1));
  await vi.waitFor(() => expect(good.said()).toContain('"stored"'));
  expect(await store.log.head(`_/${ADDRESS}`)).toBe(1);
  good.socket.closed();
});
