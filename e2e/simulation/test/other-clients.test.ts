import { HocuspocusProvider, HocuspocusProviderWebsocket } from '@hocuspocus/provider';
import { createWeft } from '@weft/client';
import { contentHash } from '@weft/protocol';
import { createWeftServer } from '@weft/server';
import { openMemoryDevice } from '@weft/storage/device-memory';
import { openMemoryStore } from '@weft/storage/memory';
import { expect, it, onTestFinished, vi } from 'vitest';
import WebSocket from 'ws';
import { WebsocketProvider } from 'y-websocket';
import * as Y from 'yjs';
import { signIn } from './support/sign-in.ts';
import { until } from './support/until.ts';

it('[D1] [D2] our client, the published HocuspocusProvider and the published y-websocket edit one document together', async () => {
  const server = await createWeftServer({
    store: await openMemoryStore(),
    secret: 'a secret for tests, longer than 32 bytes',
  });
  onTestFinished(() => server.close());
  const { port } = await server.listen(0, '127.0.0.1');
  const [ann, bea, cy] = await Promise.all(['Ann', 'Bea', 'Cy'].map((name) => signIn(port, name)));
  if (ann === undefined || bea === undefined || cy === undefined) throw new Error('No guests.');
  const url = `ws://127.0.0.1:${port}/sync`;

  const weft = createWeft({
    url,
    token: ann.token,
    person: { sub: ann.sub, name: 'Ann' },
    store: openMemoryDevice(),
  });
  onTestFinished(() => weft.close());
  const ours = weft.document('shared');

  const websocketProvider = new HocuspocusProviderWebsocket({ url, WebSocketPolyfill: WebSocket });
  const hocuspocus = new HocuspocusProvider({
    websocketProvider,
    name: 'document/shared',
    token: bea.token,
  });
  hocuspocus.attach();
  onTestFinished(() => {
    hocuspocus.destroy();
    websocketProvider.destroy();
  });

  const doc = new Y.Doc();
  const yWebsocket = new WebsocketProvider(`ws://127.0.0.1:${port}/yjs`, 'shared', doc, {
    params: { token: cy.token },
    WebSocketPolyfill: WebSocket as unknown as typeof globalThis.WebSocket,
    disableBc: true,
  });
  onTestFinished(() => yWebsocket.destroy());

  const docs = () => [ours.doc, hocuspocus.document, doc];
  // All three at once, and again once each has seen the others.
  for (const round of [1, 2, 3]) {
    for (const [i, each] of docs().entries()) {
      each.getText('content').insert(0, `${round}${'abc'[i]} `);
    }
    await vi.waitFor(() => {
      for (const each of docs()) expect(each.getText('content').length).toBe(9 * round);
      expect(new Set(docs().map(contentHash)).size).toBe(1);
    });
  }
  await until(ours.status, ({ state }) => state === 'stored');
  // Each sees the other two, under the names that the server knows.
  hocuspocus.awareness?.setLocalState({ user: { name: 'made up' } });
  yWebsocket.awareness.setLocalState({ user: { name: 'made up' } });
  ours.awareness.setLocalState({ user: { name: 'made up' } });
  await vi.waitFor(() => {
    for (const awareness of [ours.awareness, hocuspocus.awareness, yWebsocket.awareness]) {
      const names = docs()
        .map(({ clientID }) => awareness?.getStates().get(clientID)?.['user']?.name)
        .filter((name) => name !== 'made up');
      expect(names.length).toBeGreaterThanOrEqual(2);
      for (const name of names) expect(['Ann', 'Bea', 'Cy']).toContain(name);
    }
  });
});
