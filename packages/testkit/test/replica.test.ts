import { describe, expect, it } from 'vitest';
import * as v from 'valibot';
import * as Y from 'yjs';
import { makeProbe } from '../src/probe.ts';
import { type Content, contentSchema, differences, replicaSchema } from '../src/replica.ts';

function contentOf(doc: Y.Doc): Content {
  return v.parse(contentSchema, makeProbe().contentOf(doc));
}

function documentOf(write: (doc: Y.Doc) => void): Y.Doc {
  const doc = new Y.Doc();
  write(doc);
  return doc;
}

/** A paragraph with a text in it. */
function paragraph(doc: Y.Doc, text: string): void {
  const element = new Y.XmlElement('paragraph');
  doc.getXmlFragment('default').push([element]);
  element.push([new Y.XmlText(text)]);
}

describe('what a document holds, for comparing', () => {
  it('[D1] is equal for equal content, however it was made, in a copy that never asked for its types too', () => {
    const made = documentOf((doc) => {
      paragraph(doc, 'helo');
      const text = doc.getXmlFragment('default').firstChild;
      const inner = text instanceof Y.XmlElement ? text.firstChild : null;
      if (inner instanceof Y.XmlText) {
        inner.insert(3, 'l');
        inner.format(0, 2, { bold: true });
        inner.format(0, 2, { bold: null });
      }
      doc.getMap('meta').set('a', 1);
      doc.getMap('meta').set('b', [1, { z: 1, a: 2 }]);
      doc.getMap('meta').delete('a');
      doc.getArray('asked for only');
    });
    const other = new Y.Doc();
    Y.applyUpdate(other, Y.encodeStateAsUpdate(made));
    expect(differences(contentOf(made), contentOf(other))).toEqual([]);
    expect(JSON.stringify(contentOf(made))).toBe(JSON.stringify(contentOf(other)));
  });

  it('names the path and both values of what differs', () => {
    const one = documentOf((doc) => {
      paragraph(doc, 'same');
      paragraph(doc, 'hello');
      doc.getMap('meta').set('title', 'A');
    });
    const other = documentOf((doc) => {
      paragraph(doc, 'same');
      paragraph(doc, 'help');
      paragraph(doc, 'more');
    });
    expect(differences(contentOf(one), contentOf(other))).toEqual([
      { path: 'default/1:paragraph/0/0', one: '"hello"', other: '"help"' },
      {
        path: 'default/2',
        one: undefined,
        other: expect.stringContaining('paragraph'),
      },
      { path: 'meta', one: expect.stringContaining('title'), other: undefined },
    ]);
  });

  it('sees formatting, embeds, bytes, and what JSON cannot tell apart', () => {
    const pairs: readonly (readonly [(doc: Y.Doc) => void, (doc: Y.Doc) => void])[] = [
      [
        (doc) => doc.getText('t').insert(0, 'a', { bold: true }),
        (doc) => doc.getText('t').insert(0, 'a'),
      ],
      [
        (doc) => doc.getText('t').insertEmbed(0, { image: 1 }),
        (doc) => doc.getText('t').insertEmbed(0, { image: 2 }),
      ],
      [
        (doc) => doc.getArray('a').push([new Uint8Array([1])]),
        (doc) => doc.getArray('a').push([new Uint8Array([2])]),
      ],
      [
        (doc) => doc.getArray('a').push([{ a: undefined }]),
        (doc) => doc.getArray('a').push([{ a: null }]),
      ],
      [(doc) => doc.getArray('a').push([Number.NaN]), (doc) => doc.getArray('a').push([null])],
    ];
    for (const [one, other] of pairs) {
      const found = differences(contentOf(documentOf(one)), contentOf(documentOf(other)));
      expect(found).toHaveLength(1);
    }
  });

  it('keeps the last operations, each with who made it, where, and what', () => {
    const probe = makeProbe();
    const doc = new Y.Doc();
    probe.register('document', { yDoc: doc });
    const read = () => v.parse(v.array(replicaSchema), JSON.parse(probe.read()))[0];
    paragraph(doc, 'hello');
    const theirs = new Y.Doc();
    Y.applyUpdate(theirs, Y.encodeStateAsUpdate(doc));
    theirs.getXmlFragment('default').delete(0, 1);
    Y.applyUpdate(doc, Y.encodeStateAsUpdate(theirs));
    const operations = read()?.operations ?? [];
    expect(operations.map(({ by, paths, deleted }) => ({ by, paths, deleted }))).toEqual([
      { by: 'local', paths: ['default'], deleted: 0 },
      { by: 'local', paths: ['default/paragraph'], deleted: 0 },
      { by: 'remote', paths: expect.arrayContaining(['default']), deleted: 7 },
    ]);
    expect(operations[1]?.inserted[0]).toMatchObject({ client: doc.clientID, text: 'hello' });
    expect(read()?.pending).toBe(false);
    const late = new Y.Doc();
    Y.applyUpdate(late, Y.encodeStateAsUpdate(theirs));
    const before = Y.encodeStateVector(late);
    late.getText('t').insert(0, 'x');
    const second = Y.encodeStateVector(late);
    late.getText('t').insert(1, 'y');
    expect(Y.decodeStateVector(before).size).toBe(1);
    Y.applyUpdate(doc, Y.encodeStateAsUpdate(late, second));
    expect(read()?.pending).toBe(true);
  });
});
