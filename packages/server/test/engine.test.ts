import { openMemoryStore } from '@weft/storage/memory';
import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { ourEngine } from './support/two-servers.ts';

const request = new Request('http://localhost/');
const connection = { readOnly: false, isAuthenticated: true };

describe('engine', () => {
  it('[D4] loads a snapshot and the tail behind it in one transaction', async () => {
    const store = await openMemoryStore();
    const source = new Y.Doc();
    const updates: Uint8Array[] = [];
    source.on('update', (update: Uint8Array) => updates.push(update));
    for (const word of ['a', 'b', 'c', 'd']) source.getText('t').insert(0, word);
    const append = (bytes: Uint8Array) =>
      store.log.append([{ stream: '_/document/a', principal: 'p', kind: 'update', at: 0, bytes }]);
    for (const update of updates) await append(update);
    const snapshot = new Y.Doc();
    for (const update of updates.slice(0, 3)) Y.applyUpdate(snapshot, update);
    await store.log.putSnapshot(
      '_/document/a',
      { upTo: 3, bytes: Y.encodeStateAsUpdate(snapshot) },
      0,
    );
    const engine = await ourEngine(store);
    const document = await engine.createDocument('document/a', request, 'one', connection);
    expect(document.getText('t').toString()).toBe('dcba');
  });
});
