import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { Reidentifier, contentHash } from '../src/index.ts';
import { seeded } from './seeded.ts';

const edit = fc.record({
  kind: fc.constantFrom('insert', 'delete', 'format', 'set', 'push', 'element', 'undo'),
  at: fc.nat({ max: 40 }),
  length: fc.integer({ min: 1, max: 4 }),
});
type Edit = typeof edit extends fc.Arbitrary<infer T> ? T : never;

/** A document under a client id that notes each of its own changes. */
function author(client: number, base?: Y.Doc) {
  const doc = new Y.Doc();
  doc.clientID = client;
  const content = doc.getXmlFragment('content');
  const text = doc.getText('t');
  if (base !== undefined) Y.applyUpdate(doc, Y.encodeStateAsUpdate(base));
  const undo = new Y.UndoManager([text, content], { captureTimeout: 0 });
  const changes: Uint8Array[] = [];
  doc.on('update', (bytes: Uint8Array) => changes.push(bytes));
  const make = ({ kind, at, length }: Edit) => {
    const place = at % (text.length + 1);
    const range = Math.min(length, text.length - place);
    if (kind === 'insert') text.insert(place, 'wxyz'.slice(0, length));
    else if (kind === 'delete') text.delete(place, range);
    else if (kind === 'format') text.format(place, range, { bold: at % 2 === 0 ? true : null });
    else if (kind === 'set') doc.getMap('m').set(`k${at % 3}`, { at });
    else if (kind === 'push') doc.getArray('a').push([at]);
    else if (kind === 'undo') undo.undo();
    else {
      const made = new Y.XmlElement('paragraph');
      made.insert(0, [new Y.XmlText('text')]);
      const index = at % (content.length + 1);
      if (length === 4 && index < content.length) content.delete(index, 1);
      else content.insert(index, [made]);
    }
  };
  return { doc, text, changes, make };
}

const copy = (doc: Y.Doc): Y.Doc => {
  const made = new Y.Doc();
  Y.applyUpdate(made, Y.encodeStateAsUpdate(doc));
  return made;
};
const again = (into: Reidentifier, update: Uint8Array, taken?: boolean): Uint8Array => {
  const made = into.again(update, taken);
  if (made === undefined) throw new Error('It could not be made again.');
  return made;
};
const clientsOf = (doc: Y.Doc) => [...doc.store.clients.keys()];

describe('work made again under another client id', () => {
  it('[D7] has the same content, whatever it is and however it is cut into updates', () => {
    fc.assert(
      fc.property(
        fc.array(edit, { maxLength: 25 }),
        fc.array(edit, { maxLength: 40 }),
        fc.boolean(),
        (before, after, merged) => {
          const base = author(1);
          before.forEach(base.make);
          const own = author(2, base.doc);
          after.forEach(own.make);
          const target = copy(base.doc);
          const into = new Reidentifier(99, copy(base.doc));
          const updates =
            merged && own.changes.length > 0 ? [Y.mergeUpdates(own.changes)] : own.changes;
          for (const update of updates) Y.applyUpdate(target, again(into, update));
          expect(target.store.pendingStructs).toBeNull();
          expect(target.store.pendingDs).toBeNull();
          expect(clientsOf(target)).not.toContain(2);
          expect(contentHash(target)).toBe(contentHash(own.doc));
        },
      ),
      { ...seeded, numRuns: 500 },
    );
  });

  it('what builds on something that is nowhere is not made again, and what does not is', () => {
    const own = author(2);
    own.text.insert(0, 'refused');
    own.text.insert(7, ' builds on it');
    own.doc.getMap('m').set('other', 'place');
    own.text.delete(0, 20);
    own.doc.getText('second').insert(0, 'innocent');
    const into = new Reidentifier(99, new Y.Doc());
    const [, dependent, innocent, removal, last] = own.changes;
    if (!dependent || !innocent || !removal || !last) throw new Error('Five changes were made.');
    const target = new Y.Doc();
    expect(into.again(dependent)).toBeUndefined();
    Y.applyUpdate(target, again(into, innocent));
    // Deleting what is nowhere leaves nothing to do.
    expect(again(into, removal)).toEqual(Uint8Array.of(0, 0));
    Y.applyUpdate(target, again(into, last));
    expect(target.store.pendingStructs).toBeNull();
    expect(target.getMap('m').get('other')).toBe('place');
    expect(target.getText('second').toJSON()).toBe('innocent');
    expect(Y.getState(target.store, 99)).toBe(9);
  });

  it('what is known where it goes keeps its ids and is left out', () => {
    const own = author(2);
    own.text.insert(0, 'known');
    const known = copy(own.doc);
    own.text.insert(5, ' and new');
    own.text.delete(0, 2);
    const into = new Reidentifier(99, known);
    Y.applyUpdate(known, again(into, Y.mergeUpdates(own.changes)));
    expect(known.getText('t').toJSON()).toBe('own and new');
    expect(Y.getState(known.store, 2)).toBe(5);
    expect(Y.getState(known.store, 99)).toBe(8);
  });

  it('[D7] under an id that is somebody else’s, clocks that are known are theirs', () => {
    const theirs = author(2);
    theirs.text.insert(0, 'theirs');
    const own = author(2);
    own.text.insert(0, 'mine');
    own.text.insert(4, '!');
    own.text.delete(0, 1);
    const into = new Reidentifier(99, copy(theirs.doc));
    const target = copy(theirs.doc);
    for (const update of own.changes) Y.applyUpdate(target, again(into, update, true));
    expect(target.store.pendingStructs).toBeNull();
    expect(target.getText('t').length).toBe('theirsine!'.length);
    expect(target.getText('t').toJSON()).toContain('theirs');
    expect(target.getText('t').toJSON()).toContain('ine!');
  });

  it('[D7] what others wrote is not taken for one’s own, also beside ids that are taken', () => {
    const theirs = author(2);
    theirs.text.insert(0, 'theirs');
    const own = author(3, theirs.doc);
    own.text.insert(6, ' and mine');
    const target = copy(theirs.doc);
    const into = new Reidentifier(99, target);
    Y.applyUpdate(target, again(into, Y.encodeStateAsUpdate(own.doc), true));
    expect(target.getText('t').toJSON()).toBe('theirs and mine');
    expect(clientsOf(target)).not.toContain(3);
  });

  it('structs of several clients follow what they refer to', () => {
    const first = author(5);
    first.text.insert(0, 'ad');
    const second = author(3, first.doc);
    second.text.insert(1, 'c');
    const third = author(7, second.doc);
    third.text.insert(1, 'b');
    const into = new Reidentifier(99, new Y.Doc());
    const target = new Y.Doc();
    Y.applyUpdate(target, again(into, Y.encodeStateAsUpdate(third.doc)));
    expect(target.getText('t').toJSON()).toBe('abcd');
    expect(clientsOf(target)).toEqual([99]);
  });

  it('what cannot be read is not made again', () => {
    expect(new Reidentifier(1, new Y.Doc()).again(Uint8Array.of(1, 1, 1))).toBeUndefined();
  });
});
