import { getSchema } from '@tiptap/core';
import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { contentExtensions } from '../src/extensions.ts';
import { unknownNames, unknownNamesArrived } from '../src/unknown-names.ts';

const schema = getSchema(contentExtensions());

function paragraph(text: string, attributes: Record<string, object> = {}): Y.XmlElement {
  const element = new Y.XmlElement('paragraph');
  const content = new Y.XmlText();
  content.insert(0, text, attributes);
  element.insert(0, [content]);
  return element;
}

describe('names that a schema lacks', () => {
  it('[D8] a document of known nodes, marks and attributes has none', () => {
    const fragment = new Y.Doc().getXmlFragment('content');
    const heading = new Y.XmlElement('heading');
    heading.setAttribute('level', '1');
    fragment.insert(0, [heading, paragraph('bold', { bold: {} })]);
    expect(unknownNames(fragment, schema)).toEqual([]);
  });

  it('[D8] nodes, attributes, marks and overlapping marks are found at any depth', () => {
    const fragment = new Y.Doc().getXmlFragment('content');
    const quote = new Y.XmlElement('blockquote');
    const callout = new Y.XmlElement('callout');
    const aligned = paragraph('x', { comment: { id: 'c1' } });
    aligned.setAttribute('align', 'left');
    callout.insert(0, [aligned, paragraph('y', { 'note--AAAAAAAA': { id: 'n1' } })]);
    quote.insert(0, [callout]);
    fragment.insert(0, [quote]);
    expect(unknownNames(fragment, schema)).toEqual([
      'callout',
      'comment',
      'note',
      'paragraph@align',
    ]);
  });

  it('[D8] nesting as deep as an attacker likes ends no stack', () => {
    const doc = new Y.Doc();
    const fragment = doc.getXmlFragment('content');
    doc.transact(() => {
      let outer: Y.XmlFragment = fragment;
      for (let depth = 0; depth < 20_000; depth += 1) {
        const inner = new Y.XmlElement('blockquote');
        outer.insert(0, [inner]);
        outer = inner;
      }
      outer.insert(0, [new Y.XmlElement('callout')]);
    });
    expect(unknownNames(fragment, schema)).toEqual(['callout']);
  });

  it('[D8] of a transaction only what arrived is looked at', () => {
    const doc = new Y.Doc();
    const fragment = doc.getXmlFragment('content');
    const seen: (readonly string[])[] = [];
    doc.on('beforeObserverCalls', (transaction: Y.Transaction) => {
      seen.push(unknownNamesArrived(transaction, fragment, schema));
    });
    const first = paragraph('one');
    fragment.insert(0, [first]);
    const quote = new Y.XmlElement('blockquote');
    quote.insert(0, [new Y.XmlElement('callout')]);
    fragment.insert(1, [quote]);
    first.setAttribute('align', 'left');
    doc.getMap('elsewhere').set('callout', 1);
    fragment.insert(2, [paragraph('three')]);
    expect(seen).toEqual([[], ['callout'], ['paragraph@align'], [], []]);
  });
});
