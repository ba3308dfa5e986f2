import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { stateHash } from '../src/index.ts';

const loaded = (...updates: Uint8Array[]): Y.Doc => {
  const doc = new Y.Doc();
  for (const update of updates) Y.applyUpdate(doc, update);
  return doc;
};

describe('what a replica has taken in', () => {
  it('[D1] is one hash for one set of updates, in any order and however structs are cut', () => {
    const [a, b] = [new Y.Doc(), new Y.Doc()];
    [a.clientID, b.clientID] = [300, 4];
    a.getText('t').insert(0, 'some text here');
    Y.applyUpdate(b, Y.encodeStateAsUpdate(a));
    a.getText('t').delete(2, 3);
    a.getText('t').delete(2, 1);
    b.getText('t').insert(5, 'more');
    b.getText('t').delete(0, 4);
    const updates = [Y.encodeStateAsUpdate(a), Y.encodeStateAsUpdate(b)] as const;
    const one = loaded(...updates);
    expect(stateHash(loaded(updates[1], updates[0], updates[1]))).toBe(stateHash(one));
    expect(stateHash(loaded(Y.encodeStateAsUpdate(one)))).toBe(stateHash(one));
  });

  it('tells an insertion, and a deletion that no state vector tells', () => {
    const doc = new Y.Doc();
    doc.clientID = 1;
    const seen = new Set([stateHash(doc)]);
    doc.getText('t').insert(0, 'abc');
    seen.add(stateHash(doc));
    const vector = Y.encodeStateVector(doc);
    doc.getText('t').delete(1, 1);
    seen.add(stateHash(doc));
    expect(Y.encodeStateVector(doc)).toEqual(vector);
    doc.getText('t').delete(0, 1);
    seen.add(stateHash(doc));
    expect(seen.size).toBe(4);
  });
});
