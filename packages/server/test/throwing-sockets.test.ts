import {
  type Down,
  FrameReader,
  MessageType,
  PROTOCOL_VERSION,
  SyncType,
  WEFT_ADDRESS,
  decodeDown,
  encodeAuth,
  encodeSyncStep1,
  encodeWeft,
  encodeWrite,
} from '@weft/protocol';
import { openMemoryStore } from '@weft/storage/memory';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import * as Y from 'yjs';
import { afterTurn } from '../src/gateway/turn.ts';
import { type Transport, createWeftCore, silentLogger } from '../src/index.ts';

const PLACES = ['document/a', 'workspace/main', 'conversation/general/0'];

/** A core, and sockets on it whose transport may throw at whatever it is handed. */
async function setup() {
  const core = await createWeftCore({
    store: await openMemoryStore(),
    verify: async (sub) => ({
      ...{ tenant: '_', sub, name: sub, expires: undefined },
      grants: [{ resource: '*', role: 'editor' as const }],
    }),
    now: () => 1_000,
    logger: silentLogger,
    build: 'test',
  });
  onTestFinished(() => core.close());
  const join = async (sub: string) => {
    const doc = new Y.Doc();
    const heard: Down[] = [];
    let throws = false;
    let closes = 0;
    let opened = 0;
    const transport: Transport = {
      readyState: 1,
      send: (data) => {
        if (throws) throw new Error('What carries the socket fails.');
        if (!(data instanceof Uint8Array)) throw new TypeError('Frames are bytes.');
        const reader = new FrameReader(data.slice());
        const address = reader.string();
        if (address === WEFT_ADDRESS) {
          heard.push(decodeDown(reader.decoder));
          return;
        }
        const type = reader.uint();
        if (type === MessageType.Auth) opened += 1;
        const sync = type === MessageType.Sync || type === MessageType.SyncReply;
        if (address !== 'document/a' || !sync || reader.uint() === SyncType.Step1) return;
        Y.applyUpdate(doc, reader.bytes());
      },
      close: () => {
        closes += 1;
        if (throws) throw new Error('It cannot be closed either.');
      },
    };
    const socket = core.accept(transport);
    const own = { protocol: PROTOCOL_VERSION, device: 'd', build: 't' };
    socket.receive(encodeWeft({ type: 'hello', token: sub, ...own }));
    for (const place of PLACES) {
      socket.receive(encodeAuth(place, ''));
      socket.receive(encodeSyncStep1(place, Uint8Array.of(0)));
    }
    await vi.waitFor(() => expect(opened).toBe(PLACES.length), { interval: 1 });
    return {
      socket,
      doc,
      heard,
      break: () => {
        throws = true;
      },
      closes: () => closes,
    };
  };
  return { core, join };
}

describe('a socket whose transport throws', () => {
  it('[A3] is ended alone: in a broadcast, and where somebody tells many of something', async () => {
    const { core, join } = await setup();
    // On both sides of those it harms, in whatever order they are told.
    const first = await join('ann');
    const bad = await join('bad');
    const last = await join('cem');
    bad.break();
    const text = new Y.Doc();
    text.getText('t').insert(0, 'said');
    const update = Y.encodeStateAsUpdate(text);
    first.socket.receive(encodeWrite('document/a', SyncType.Update, update, 1));
    const common = { device: 'd', counter: 1, conversation: 'general', at: 0 } as const;
    const action = { type: 'send', body: { version: 1, text: 'x' } } as const;
    const id = `01J${'0'.repeat(22)}1`;
    first.socket.receive(encodeWeft({ type: 'command', id, ...common, action }));
    await vi.waitFor(() => {
      expect(last.doc.getText('t').toString()).toBe('said');
      for (const { heard } of [first, last]) {
        expect(heard).toContainEqual(expect.objectContaining({ type: 'event', sequence: 1 }));
      }
      expect(first.heard).toContainEqual(expect.objectContaining({ type: 'stored', n: 1 }));
      expect(first.heard).toContainEqual(expect.objectContaining({ type: 'ack', id }));
    });
    expect(bad.closes()).toBeGreaterThan(0);
    // A round of who is here is told in a turn of its own: an error there would end the process.
    const before = last.heard.length;
    first.socket.receive(encodeWeft({ type: 'presence', state: 'idle' }));
    await vi.waitFor(
      () =>
        expect(last.heard.slice(before)).toContainEqual(
          expect.objectContaining({ type: 'people' }),
        ),
      { timeout: 5_000 },
    );
    core.rightsChanged('_');
    await core.revoke('_', { sub: 'bad' });
    bad.socket.closed();
    expect(core.admission.figures.seated).toBe(2);
  });

  it('does not keep what others hold back until the end of the turn', async () => {
    const order: string[] = [];
    const socket = (name: string, broken: boolean) => ({
      flush: () => {
        order.push(name);
        if (broken) throw new Error('It cannot be written.');
      },
      failed: () => {
        order.push(`${name} failed`);
      },
    });
    afterTurn(socket('first', true));
    afterTurn(socket('second', false));
    await new Promise((resolve) => setImmediate(resolve));
    expect(order).toEqual(['first', 'first failed', 'second']);
  });
});
