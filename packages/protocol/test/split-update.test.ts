import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { contentHash, splitUpdate, stateHash } from '../src/index.ts';

const edits = fc.array(
  fc.record({
    client: fc.integer({ min: 0, max: 3 }),
    kind: fc.constantFrom('insert', 'delete', 'set', 'nest', 'format'),
    at: fc.nat(),
    size: fc.integer({ min: 1, max: 40 }),
    read: fc.boolean(),
  }),
  { minLength: 1, maxLength: 60 },
);

/** A document that several made, each of whom had read of the others what chance said. */
function made(steps: readonly (typeof edits extends fc.Arbitrary<infer T> ? T : never)[number][]) {
  const docs = [1, 2, 3, 4].map((client) => {
    const doc = new Y.Doc();
    doc.clientID = client;
    return doc;
  });
  const all = new Y.Doc();
  for (const { client, kind, at, size, read } of steps) {
    const doc = docs[client];
    if (doc === undefined) continue;
    if (read) Y.applyUpdate(doc, Y.encodeStateAsUpdate(all));
    const text = doc.getText('t');
    if (kind === 'insert') text.insert(at % (text.length + 1), 'x'.repeat(size));
    else if (kind === 'delete' && text.length > 0) text.delete(at % text.length, 1);
    else if (kind === 'format' && text.length > 0) text.format(at % text.length, 1, { bold: true });
    else if (kind === 'set') doc.getMap('m').set(`k${at % 5}`, 'v'.repeat(size));
    else {
      const element = new Y.XmlElement('p');
      element.insert(0, [new Y.XmlText('inside')]);
      doc.getXmlFragment('f').insert(0, [element]);
    }
    Y.applyUpdate(all, Y.encodeStateAsUpdate(doc));
  }
  return all;
}

describe('an update in parts', () => {
  it('[D3] each part builds on those before it alone, and together they are the whole', () => {
    fc.assert(
      fc.property(edits, fc.integer({ min: 20, max: 400 }), (steps, max) => {
        const doc = made(steps);
        const update = Y.encodeStateAsUpdate(doc);
        const parts = splitUpdate(update, max);
        const reader = new Y.Doc();
        for (const part of parts) {
          Y.applyUpdate(reader, part);
          expect([reader.store.pendingStructs, reader.store.pendingDs]).toEqual([null, null]);
        }
        expect(contentHash(reader)).toBe(contentHash(doc));
        expect(stateHash(reader)).toBe(stateHash(doc));
        if (update.length <= max) expect(parts).toEqual([update]);
        // Deletes come last: nothing is deleted before all of it is there.
        const deleting = parts.map((part) => Y.decodeUpdate(part).ds.clients.size > 0);
        if (deleting.includes(true) && parts.length > 1) {
          expect(deleting.slice(deleting.indexOf(true))).not.toContain(false);
        }
      }),
    );
  });

  it('[D3] former values of a map, which an undo keeps as one struct, come with their deletes', () => {
    const doc = new Y.Doc();
    const map = doc.getMap('m');
    const undo = new Y.UndoManager(map, { captureTimeout: 0 });
    for (let value = 0; value < 20; value += 1) map.set('k', `value ${value}`);
    map.delete('k');
    doc.getText('t').insert(0, 'x'.repeat(100));
    const parts = splitUpdate(Y.encodeStateAsUpdate(doc), 64);
    const [first] = parts.map((part) => Y.decodeUpdate(part));
    expect(first?.structs[0]?.length).toBe(20);
    expect([...(first?.ds.clients.values() ?? [])]).toMatchObject([[{ clock: 0, len: 20 }]]);
    expect(parts.length).toBeGreaterThan(2);
    undo.destroy();
  });

  it('a part is about as large as it may be', () => {
    const doc = new Y.Doc();
    const text = doc.getText('t');
    // At the beginning: nothing is merged into what stands there.
    for (let index = 0; index < 20_000; index += 1) text.insert(0, 'some words ');
    const update = Y.encodeStateAsUpdate(doc);
    const max = 16 * 1024;
    const parts = splitUpdate(update, max);
    expect(parts.length).toBeGreaterThan(update.length / max - 1);
    expect(parts.length).toBeLessThan(update.length / max + 3);
    for (const part of parts) expect(part.length).toBeLessThan(max + 64);
  });

  it('one struct larger than a part stays whole', () => {
    const doc = new Y.Doc();
    doc.getText('t').insert(0, 'x'.repeat(10_000));
    expect(splitUpdate(Y.encodeStateAsUpdate(doc), 1_000)).toHaveLength(1);
  });
});
