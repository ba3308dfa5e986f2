import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { readableText } from '../src/index.ts';
import { seeded } from './seeded.ts';

/** The merged changes that somebody makes on top of a document. */
function changes(write: (doc: Y.Doc) => void, base = new Y.Doc()): Uint8Array {
  const doc = new Y.Doc();
  Y.applyUpdate(doc, Y.encodeStateAsUpdate(base));
  doc.clientID = 7;
  const made: Uint8Array[] = [];
  doc.on('update', (update: Uint8Array) => made.push(update));
  write(doc);
  return Y.mergeUpdates(made);
}

function filled(): Y.Doc {
  const doc = new Y.Doc();
  doc.getText('t').insert(0, 'what was there');
  return doc;
}

describe('the readable text of an update', () => {
  it('reads as it was meant, however it was typed', () => {
    const update = changes((doc) => {
      const text = doc.getText('t');
      text.insert(5, 'end');
      text.insert(5, ' the ');
      for (const [at, letter] of Array.from('from').entries()) text.insert(5 + at, letter);
      text.insert(5 + 'from the '.length, 'very ');
      text.insert(5 + 'from the very end'.length, 'XX');
      text.delete(5 + 'from the very end'.length, 2);
    }, filled());
    expect(readableText(update)).toBe('from the very end');
  });

  it('is the whole text of a document typed in any order', () => {
    const edits = fc.array(
      fc.record({
        at: fc.nat(),
        text: fc.string({ minLength: 1, maxLength: 3 }),
        remove: fc.nat({ max: 2 }),
      }),
      { maxLength: 30 },
    );
    fc.assert(
      fc.property(edits, (list) => {
        let whole = '';
        const update = changes((doc) => {
          const text = doc.getText('t');
          for (const { at, text: typed, remove } of list) {
            text.insert(at % (text.length + 1), typed.replaceAll('\n', ' '));
            const from = at % text.length;
            text.delete(from, Math.min(remove, text.length - from));
          }
          whole = text.toJSON();
        });
        expect(readableText(update)).toBe(whole);
      }),
      { ...seeded, numRuns: 300 },
    );
  });

  it('gives each block of a page a line, and each value of a map', () => {
    const update = changes((doc) => {
      const page = doc.getXmlFragment('page');
      const heading = new Y.XmlElement('heading');
      heading.setAttribute('level', 'one');
      heading.insert(0, [new Y.XmlText('A title')]);
      const item = new Y.XmlElement('paragraph');
      item.insert(0, [new Y.XmlText('A paragraph')]);
      page.insert(0, [heading, item]);
      doc.getMap('entries').set('title', 'A name');
      doc.getMap('entries').set('order', 3);
    });
    expect(readableText(update)).toBe('A title\nA paragraph\nA name');
  });

  it('places apart are lines apart', () => {
    const update = changes((doc) => {
      const text = doc.getText('t');
      text.insert(0, 'first');
      text.insert(text.length, 'last');
    }, filled());
    expect(readableText(update)).toBe('first\nlast');
  });

  it('is empty where nothing can be read', () => {
    expect(readableText(Uint8Array.of(9, 9))).toBe('');
    expect(readableText(Uint8Array.of(0, 0))).toBe('');
  });
});
