import { contentHash } from '@weft/protocol';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import WebSocket from 'ws';
import { WebsocketProvider } from 'y-websocket';
import * as Y from 'yjs';
import { editorToken, signToken, startServer } from './support/server.ts';
import { providerOn, providerSocket } from './support/two-servers.ts';

/** The published provider, as a team brings it. Each of these is a browser of its own: no channel between tabs. */
function yjs(port: number, id: string, token: string) {
  const doc = new Y.Doc();
  const provider = new WebsocketProvider(`ws://127.0.0.1:${port}/yjs`, id, doc, {
    params: { token },
    WebSocketPolyfill: WebSocket as unknown as typeof globalThis.WebSocket,
    disableBc: true,
  });
  const closes: { code: number; reason: string }[] = [];
  provider.on('connection-close', (event) => {
    if (event !== null) closes.push({ code: event.code, reason: event.reason });
  });
  onTestFinished(() => provider.destroy());
  return {
    doc,
    provider,
    closes,
    synced: () => vi.waitFor(() => expect(provider.synced).toBe(true)),
  };
}

describe('the published y-websocket provider', () => {
  it('[D1] [P4] edits a document with the published HocuspocusProvider, and shows its authenticated name', async () => {
    const { port, sync } = await startServer();
    const ann = yjs(port, 'shared', await editorToken('ann'));
    const bea = yjs(port, 'shared', await editorToken('bea'));
    const cy = providerOn(providerSocket(sync), 'document/shared', await editorToken('cy'));
    await Promise.all([ann.synced(), bea.synced()]);
    await vi.waitFor(() => expect(cy.isSynced).toBe(true));
    ann.doc.getText('t').insert(0, 'from ann ');
    bea.doc.getText('t').insert(0, 'from bea ');
    cy.document.getText('t').insert(0, 'from cy ');
    ann.provider.awareness.setLocalState({ user: { name: 'Somebody else' } });
    const docs = [ann.doc, bea.doc, cy.document];
    await vi.waitFor(() => {
      for (const doc of docs) expect(doc.getText('t').toString()).toHaveLength(26);
      expect(new Set(docs.map(contentHash)).size).toBe(1);
      const shown = bea.provider.awareness.getStates().get(ann.doc.clientID);
      expect(shown).toMatchObject({ user: { name: 'Name of ann' } });
    });
  });

  it('[D2] what it sent is in the log: a newcomer gets it', async () => {
    const { port, store } = await startServer();
    const ann = yjs(port, 'shared', await editorToken('ann'));
    await ann.synced();
    ann.doc.getText('t').insert(0, 'kept');
    await vi.waitFor(async () => expect(await store.log.head('_/document/shared')).toBe(1));
    ann.provider.destroy();
    const bea = yjs(port, 'shared', await editorToken('bea'));
    await bea.synced();
    expect(bea.doc.getText('t').toString()).toBe('kept');
  });

  it.each([
    ['no token', '', 4401, 'token-required'],
    ['a token that is none', 'nonsense', 4401, 'token-invalid'],
  ])('[R1] with %s it is closed for good', async (_what, token, code, reason) => {
    const { port } = await startServer();
    const { closes } = yjs(port, 'shared', token);
    await vi.waitFor(() => expect(closes).toEqual([{ code, reason }]));
  });

  it('[R2] [D9] a document that is not theirs stays closed; a reader reads, and what they write changes nothing', async () => {
    const { port, store } = await startServer();
    const access = [{ resource: 'document/shared', role: 'reader' }] as const;
    const token = await signToken('bea', access);
    const ann = yjs(port, 'shared', await editorToken('ann'));
    await ann.synced();
    ann.doc.getText('t').insert(0, 'to read');
    const denied = yjs(port, 'secret', token);
    await vi.waitFor(() => expect(denied.closes).toEqual([{ code: 4403, reason: 'forbidden' }]));
    const bea = yjs(port, 'shared', token);
    await bea.synced();
    await vi.waitFor(() => expect(bea.doc.getText('t').toString()).toBe('to read'));
    const head = await store.log.head('_/document/shared');
    bea.doc.getText('t').insert(0, 'not ');
    await vi.waitFor(() => expect(bea.closes).toEqual([{ code: 4403, reason: 'refused' }]));
    expect(await store.log.head('_/document/shared')).toBe(head);
  });

  it('[R3] revoked, it is closed within a second', async () => {
    const { port, server } = await startServer();
    const ann = yjs(port, 'shared', await editorToken('ann'));
    await ann.synced();
    const since = performance.now();
    await server.revoke('_', { sub: 'ann' });
    await vi.waitFor(() => expect(ann.closes).toEqual([{ code: 4403, reason: 'revoked' }]));
    expect(performance.now() - since).toBeLessThan(1000);
  });
});
