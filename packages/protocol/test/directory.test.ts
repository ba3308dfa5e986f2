import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import {
  TITLE_MAX,
  addToDirectory,
  archiveInDirectory,
  contentHash,
  moveInDirectory,
  observeDirectory,
  readDirectory,
  renameInDirectory,
} from '../src/index.ts';

function meet(...docs: readonly Y.Doc[]): void {
  for (const from of docs) for (const to of docs) Y.applyUpdate(to, Y.encodeStateAsUpdate(from));
}

describe('workspace directory', () => {
  it('lists entries in the order in which they were added', () => {
    const doc = new Y.Doc();
    addToDirectory(doc, { id: 'b', kind: 'document', title: ' First ' });
    addToDirectory(doc, { id: 'a', kind: 'channel', title: 'Second' });
    expect(readDirectory(doc)).toEqual([
      { id: 'b', kind: 'document', title: 'First', order: 1 },
      { id: 'a', kind: 'channel', title: 'Second', order: 2 },
    ]);
  });

  it('[D1] two people who add and rename at once end with one list', () => {
    const [a, b] = [new Y.Doc(), new Y.Doc()];
    addToDirectory(a, { id: 'x', kind: 'document', title: 'Both know this' });
    meet(a, b);
    addToDirectory(a, { id: 'y', kind: 'document', title: 'From Ann' });
    addToDirectory(b, { id: 'w', kind: 'document', title: 'From Bea' });
    renameInDirectory(a, 'x', "Ann's title");
    renameInDirectory(b, 'x', "Bea's title");
    meet(a, b);
    expect(readDirectory(a)).toEqual(readDirectory(b));
    expect(contentHash(a)).toBe(contentHash(b));
    expect(readDirectory(a).map(({ id }) => id)).toEqual(['x', 'w', 'y']);
    // One of the two, and not a mixture of both.
    expect(["Ann's title", "Bea's title"]).toContain(readDirectory(a)[0]?.title);
  });

  it('leaves out what does not fit, and keeps it', () => {
    const doc = new Y.Doc();
    const root = doc.getMap('entries');
    addToDirectory(doc, { id: 'a', kind: 'document', title: 'Fits' });
    root.set('no map', 'x');
    root.set('no id/', new Y.Map(Object.entries({ kind: 'document', title: 'x', order: 1 })));
    root.set(
      'kind',
      new Y.Map(Object.entries({ kind: 'of a later version', title: 'x', order: 1 })),
    );
    root.set('title', new Y.Map(Object.entries({ kind: 'document', title: 7, order: 1 })));
    expect(readDirectory(doc).map(({ id }) => id)).toEqual(['a']);
    expect(root.size).toBe(5);
  });

  it('cuts titles to the limit, and an unchanged or unknown one changes nothing', () => {
    const doc = new Y.Doc();
    addToDirectory(doc, { id: 'a', kind: 'document', title: 'x'.repeat(TITLE_MAX + 1) });
    expect(readDirectory(doc)[0]?.title).toHaveLength(TITLE_MAX);
    let updates = 0;
    doc.on('update', () => {
      updates += 1;
    });
    renameInDirectory(doc, 'a', ` ${'x'.repeat(TITLE_MAX)} `);
    renameInDirectory(doc, 'unknown', 'y');
    expect(updates).toBe(0);
  });

  it('moves an entry to any place of its kind, as a list would', () => {
    const ids = ['a', 'b', 'c', 'd', 'e'];
    const move = fc.record({
      id: fc.constantFrom(...ids, 'unknown'),
      before: fc.constantFrom(...ids, undefined),
    });
    fc.assert(
      fc.property(fc.array(move, { maxLength: 150 }), (moves) => {
        const doc = new Y.Doc();
        addToDirectory(doc, { id: 'channel', kind: 'channel', title: 'between them' });
        for (const id of ids) addToDirectory(doc, { id, kind: 'document', title: id });
        let model = ids;
        for (const { id, before } of moves) {
          moveInDirectory(doc, id, before);
          if (id === before || !ids.includes(id)) continue;
          const rest = model.filter((each) => each !== id);
          const place = before === undefined ? rest.length : rest.indexOf(before);
          model = rest.toSpliced(place, 0, id);
        }
        const documents = readDirectory(doc).filter(({ kind }) => kind === 'document');
        expect(documents.map(({ id }) => id)).toEqual(model);
      }),
      { seed: 8, numRuns: 200 },
    );
  });

  it('[D1] two people who move and put away at once end with one list, and nothing is lost', () => {
    const [a, b] = [new Y.Doc(), new Y.Doc()];
    for (const id of ['x', 'y', 'z']) addToDirectory(a, { id, kind: 'document', title: id });
    meet(a, b);
    moveInDirectory(a, 'z', 'x');
    moveInDirectory(b, 'z', 'y');
    archiveInDirectory(a, 'y', true);
    renameInDirectory(b, 'y', 'why');
    meet(a, b);
    expect(readDirectory(a)).toEqual(readDirectory(b));
    expect(readDirectory(a)).toHaveLength(3);
    expect(readDirectory(a).find(({ id }) => id === 'y')).toMatchObject({
      title: 'why',
      archived: true,
    });
    archiveInDirectory(b, 'y', false);
    expect(readDirectory(b).find(({ id }) => id === 'y')).not.toHaveProperty('archived');
  });

  it('tells of each change until it is asked not to', () => {
    const doc = new Y.Doc();
    let told = 0;
    const stop = observeDirectory(doc, () => {
      told += 1;
    });
    addToDirectory(doc, { id: 'a', kind: 'document', title: 'One' });
    renameInDirectory(doc, 'a', 'Two');
    stop();
    renameInDirectory(doc, 'a', 'Three');
    expect(told).toBe(2);
  });
});
