import { contentHash } from '@weft/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { type Queued, decodeUpdate, examine } from '../src/door/update.ts';

const NONE: Queued = new Map();

function examined(doc: Y.Doc, bytes: Uint8Array, queued: Queued = NONE) {
  const update = decodeUpdate(bytes);
  return update === undefined ? { finding: 'undecodable' as const } : examine(doc, queued, update);
}

/** A document with a text, and each of its updates. */
function typed(client: number, texts: readonly string[]) {
  const doc = new Y.Doc();
  doc.clientID = client;
  const updates: Uint8Array[] = [];
  doc.on('update', (update: Uint8Array) => updates.push(update));
  for (const text of texts) doc.getText('t').insert(doc.getText('t').length, text);
  return { doc, updates };
}

describe('examining an update before it is applied', () => {
  it('calls an update known when all its structs and deletes are in the document', () => {
    const { doc, updates } = typed(1, ['one', 'two']);
    doc.getText('t').delete(1, 2);
    const whole = Y.encodeStateAsUpdate(doc);
    expect(examined(doc, whole)).toEqual({ finding: 'known' });
    for (const update of updates) expect(examined(doc, update)).toEqual({ finding: 'known' });
  });

  it('sees a delete that moves no clock', () => {
    const { doc } = typed(1, ['one']);
    const copy = new Y.Doc();
    Y.applyUpdate(copy, Y.encodeStateAsUpdate(doc));
    doc.getText('t').delete(0, 1);
    const deletion = Y.encodeStateAsUpdate(doc, Y.encodeStateVector(copy));
    expect(examined(copy, deletion).finding).toBe('new');
    Y.applyUpdate(copy, deletion);
    expect(examined(copy, deletion).finding).toBe('known');
  });

  it('cuts off what is known, and keeps the rest whole', () => {
    const { doc, updates } = typed(1, ['one', 'two', 'three']);
    const behind = new Y.Doc();
    Y.applyUpdate(behind, updates[0] ?? new Uint8Array());
    const finding = examined(behind, Y.encodeStateAsUpdate(doc));
    if (finding.finding !== 'new') throw new Error(finding.finding);
    const first = decodeUpdate(finding.bytes)?.structs[0];
    expect(first?.id.clock).toBe(3);
    Y.applyUpdate(behind, finding.bytes);
    expect(contentHash(behind)).toBe(contentHash(doc));
  });

  it('[D3] refuses what would wait for something: a clock gap, an origin, a deleted range', () => {
    const { updates } = typed(1, ['one', 'two']);
    const empty = new Y.Doc();
    expect(examined(empty, updates[1] ?? new Uint8Array())).toEqual({
      finding: 'refused',
      code: 'update-gap',
    });
    // Another client's struct between two of the first's: its origins are missing here.
    const { doc } = typed(1, ['one']);
    const other = new Y.Doc();
    other.clientID = 2;
    Y.applyUpdate(other, Y.encodeStateAsUpdate(doc));
    const before = Y.encodeStateVector(other);
    other.getText('t').insert(1, 'x');
    const insertion = Y.encodeStateAsUpdate(other, before);
    expect(examined(empty, insertion)).toEqual({ finding: 'refused', code: 'update-gap' });
    const mark = Y.encodeStateVector(other);
    other.getText('t').delete(0, 1);
    const deletion = Y.encodeStateAsUpdate(other, mark);
    expect(examined(empty, deletion)).toEqual({ finding: 'refused', code: 'update-gap' });
    expect(empty.store.pendingStructs).toBeNull();
  });

  it('counts what is queued as there', () => {
    const { updates } = typed(1, ['one', 'two']);
    const doc = new Y.Doc();
    expect(examined(doc, updates[0] ?? new Uint8Array()).finding).toBe('new');
    const queued = new Map([[1, { end: 3, last: undefined, named: undefined }]]);
    expect(examined(doc, updates[1] ?? new Uint8Array(), queued).finding).toBe('new');
    expect(examined(doc, updates[0] ?? new Uint8Array(), queued)).toEqual({ finding: 'known' });
  });

  it('does not decode an update that was cut short, at any byte', () => {
    const { doc } = typed(1, ['one', 'two', 'ünïcödé 🧵']);
    doc.getText('t').format(0, 3, { bold: true });
    doc.getMap('m').set('key', { deep: [1, 2, 3] });
    doc.getText('t').delete(2, 2);
    const whole = Y.encodeStateAsUpdate(doc);
    for (let length = 0; length < whole.length; length += 1) {
      expect(decodeUpdate(whole.subarray(0, length))).toBeUndefined();
    }
    expect(decodeUpdate(whole)).toBeDefined();
  });

  it('[D5] lets through every order of updates that Yjs can apply at once, and each only once', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            client: fc.integer({ min: 0, max: 2 }),
            at: fc.nat(),
            remove: fc.boolean(),
            read: fc.boolean(),
          }),
          { maxLength: 30 },
        ),
        fc.array(fc.nat(), { minLength: 80, maxLength: 80 }),
        (edits, picks) => {
          const peers = [1, 2, 3].map((client) => {
            const doc = new Y.Doc();
            doc.clientID = client;
            return doc;
          });
          const updates: Uint8Array[] = [];
          for (const doc of peers)
            doc.on('update', (update: Uint8Array, origin: unknown) => {
              if (origin !== 'peer') updates.push(update);
            });
          for (const { client, at, remove, read } of edits) {
            const doc = peers[client] ?? new Y.Doc();
            if (read)
              for (const peer of peers) Y.applyUpdate(doc, Y.encodeStateAsUpdate(peer), 'peer');
            const text = doc.getText('t');
            if (remove && text.length > 0) text.delete(at % text.length, 1);
            else text.insert(at % (text.length + 1), 'ab');
          }
          const server = new Y.Doc();
          let appended = 0;
          const waiting = [...updates, ...updates];
          for (let round = 0; waiting.length > 0; round += 1) {
            const [bytes = new Uint8Array()] = waiting.splice(
              (picks[round % picks.length] ?? 0) % waiting.length,
              1,
            );
            const finding = examined(server, bytes);
            if (finding.finding === 'new') {
              appended += 1;
              Y.applyUpdate(server, finding.bytes);
              expect(server.store.pendingStructs).toBeNull();
              expect(server.store.pendingDs).toBeNull();
            } else if (finding.finding === 'refused') {
              waiting.push(bytes);
            }
          }
          expect(appended).toBeLessThanOrEqual(updates.length);
          const all = new Y.Doc();
          for (const update of updates) Y.applyUpdate(all, update);
          expect(contentHash(server)).toBe(contentHash(all));
        },
      ),
      { seed: 11, numRuns: 200 },
    );
  });
});
