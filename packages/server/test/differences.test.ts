import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { Differences } from '../src/engine/differences.ts';

function documentWith(text: string): Y.Doc {
  const doc = new Y.Doc();
  doc.getText('text').insert(0, text);
  return doc;
}

describe('what the senders of state vectors lack', () => {
  it('is found once for all who have the same', () => {
    const doc = documentWith('all of it');
    const differences = new Differences(doc);
    const vector = Y.encodeStateVector(new Y.Doc());
    const first = differences.from(vector);
    expect(first).toEqual(Y.encodeStateAsUpdate(doc));
    expect(differences.from(new Uint8Array(vector))).toBe(first);
    expect(differences.from(Y.encodeStateVector(doc))).toEqual(
      Y.encodeStateAsUpdate(doc, Y.encodeStateVector(doc)),
    );
  });

  it('[D1] is never older than the document, whatever was asked before', () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('insert' as const), at: fc.nat(50), text: fc.string() }),
      fc.record({ do: fc.constant('delete' as const), at: fc.nat(50), length: fc.nat(5) }),
      fc.record({ do: fc.constant('ask' as const), which: fc.nat(5) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const doc = documentWith('begun');
        const text = doc.getText('text');
        const differences = new Differences(doc);
        const vectors = [Y.encodeStateVector(new Y.Doc()), Y.encodeStateVector(doc)];
        for (const each of steps) {
          if (each.do === 'insert') text.insert(Math.min(each.at, text.length), each.text);
          else if (each.do === 'delete') {
            const at = Math.min(each.at, text.length);
            text.delete(at, Math.min(each.length, text.length - at));
          } else {
            const vector = vectors[each.which % vectors.length] ?? new Uint8Array([0]);
            expect(differences.from(vector)).toEqual(Y.encodeStateAsUpdate(doc, vector));
            vectors.push(Y.encodeStateVector(doc));
          }
        }
      }),
    );
  });

  it('is not said for bytes that are no state vector', () => {
    expect(() => new Differences(documentWith('x')).from(Uint8Array.of(5, 1))).toThrow(Error);
  });
});
