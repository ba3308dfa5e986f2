import { HocuspocusProvider, HocuspocusProviderWebsocket } from '@hocuspocus/provider';
import { join } from 'node:path';
import { contentHash } from '@weft/protocol';
import { openSqliteStore } from '@weft/storage/sqlite';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import WebSocket from 'ws';
import * as Y from 'yjs';
import {
  editorToken,
  gatedStore,
  signToken,
  startServer,
  temporaryDirectory,
} from './support/server.ts';

/** The published provider, as a team brings it. */
function provider(url: string, name: string, token: string) {
  const socket = new HocuspocusProviderWebsocket({ url, WebSocketPolyfill: WebSocket });
  const made = new HocuspocusProvider({ websocketProvider: socket, name, token });
  made.attach();
  onTestFinished(() => {
    made.destroy();
    socket.destroy();
  });
  return made;
}

const synced = (each: HocuspocusProvider) => vi.waitFor(() => expect(each.isSynced).toBe(true));

describe('the stock HocuspocusProvider', () => {
  it('[D1] two of them edit one document and end with one content hash', async () => {
    const { sync } = await startServer();
    const a = provider(sync, 'document/shared', await editorToken('ann'));
    const b = provider(sync, 'document/shared', await editorToken('bea'));
    await Promise.all([synced(a), synced(b)]);
    a.document.getText('t').insert(0, 'hello ');
    b.document.getText('t').insert(0, 'world ');
    b.document.getMap('m').set('k', 1);
    await vi.waitFor(() => {
      expect(contentHash(a.document)).toBe(contentHash(b.document));
      expect(a.document.getText('t').toString()).toHaveLength(12);
    });
    await vi.waitFor(() => {
      expect(a.hasUnsyncedChanges).toBe(false);
      expect(b.hasUnsyncedChanges).toBe(false);
    });
  });

  it('[D2] [D3] is told nothing and shown nothing before the commit', async () => {
    const gated = await gatedStore();
    const { sync } = await startServer({ store: gated.store });
    const a = provider(sync, 'document/shared', await editorToken('ann'));
    const b = provider(sync, 'document/shared', await editorToken('bea'));
    await Promise.all([synced(a), synced(b)]);
    await vi.waitFor(() => expect(a.hasUnsyncedChanges).toBe(false));
    gated.hold();
    a.document.getText('t').insert(0, 'not yet');
    // A round trip through the same socket shows that the server has read the edit.
    b.awareness?.setLocalStateField('probe', 1);
    await vi.waitFor(() =>
      expect(
        [...(a.awareness?.getStates().values() ?? [])].some((state) => state['probe'] === 1),
      ).toBe(true),
    );
    a.awareness?.setLocalStateField('probe', 2);
    await vi.waitFor(() =>
      expect(
        [...(b.awareness?.getStates().values() ?? [])].some((state) => state['probe'] === 2),
      ).toBe(true),
    );
    expect(a.hasUnsyncedChanges).toBe(true);
    expect(b.document.getText('t').toString()).toBe('');
    gated.release();
    await vi.waitFor(() => {
      expect(a.hasUnsyncedChanges).toBe(false);
      expect(b.document.getText('t').toString()).toBe('not yet');
    });
  });

  it('[D4] finds in a new server what an earlier one stored', async () => {
    const file = join(temporaryDirectory(), 'weft.db');
    const first = await startServer({ store: await openSqliteStore({ file }) });
    const token = await editorToken('ann');
    const a = provider(first.sync, 'document/kept', token);
    await synced(a);
    const fragment = a.document.getXmlFragment('content');
    fragment.insert(0, [new Y.XmlElement('paragraph')]);
    a.document.getText('t').insert(0, 'kept 🧶');
    a.document.getText('t').format(0, 2, { bold: true });
    a.document.getText('t').delete(0, 1);
    await vi.waitFor(() => expect(a.hasUnsyncedChanges).toBe(false));
    await first.server.close();
    const second = await startServer({ store: await openSqliteStore({ file }) });
    const b = provider(second.sync, 'document/kept', token);
    await synced(b);
    expect(contentHash(b.document)).toBe(contentHash(a.document));
  });

  it('[D9] a reader sees changes and makes none', async () => {
    const { sync } = await startServer();
    const a = provider(sync, 'document/shared', await editorToken('ann'));
    const reader = provider(
      sync,
      'document/shared',
      await signToken('rob', [{ resource: 'document/shared', role: 'reader' }]),
    );
    await Promise.all([synced(a), synced(reader)]);
    reader.document.getText('t').insert(0, 'forbidden');
    a.document.getText('t').insert(0, 'allowed');
    await vi.waitFor(() => expect(reader.document.getText('t').toString()).toContain('allowed'));
    expect(reader.hasUnsyncedChanges).toBe(true);
    expect(a.document.getText('t').toString()).toBe('allowed');
  });

  it('is denied one document and keeps another on the same socket', async () => {
    const { sync } = await startServer();
    const socket = new HocuspocusProviderWebsocket({ url: sync, WebSocketPolyfill: WebSocket });
    onTestFinished(() => socket.destroy());
    const token = await signToken('ann', [{ resource: 'document/mine', role: 'editor' }]);
    const reasons: string[] = [];
    const open = (name: string) => {
      const made = new HocuspocusProvider({
        websocketProvider: socket,
        name,
        token,
        onAuthenticationFailed: ({ reason }) => reasons.push(reason),
      });
      made.attach();
      onTestFinished(() => made.destroy());
      return made;
    };
    open('document/theirs');
    const mine = open('document/mine');
    await synced(mine);
    await vi.waitFor(() => expect(reasons).toEqual(['forbidden']));
    mine.document.getText('t').insert(0, 'fine');
    await vi.waitFor(() => expect(mine.hasUnsyncedChanges).toBe(false));
  });

  it('[P4] is shown under its authenticated name, and leaves at once', async () => {
    const { sync } = await startServer();
    const a = provider(sync, 'document/shared', await editorToken('ann'));
    const b = provider(sync, 'document/shared', await editorToken('bea'));
    await Promise.all([synced(a), synced(b)]);
    a.awareness?.setLocalStateField('user', { name: 'Somebody else', color: '#123456' });
    const seen = () => b.awareness?.getStates().get(a.document.clientID)?.['user'];
    await vi.waitFor(() =>
      expect(seen()).toEqual({ name: 'Name of ann', sub: 'ann', color: '#123456' }),
    );
    a.awareness?.setLocalState(null);
    await vi.waitFor(() => expect(seen()).toBeUndefined());
  });
});
