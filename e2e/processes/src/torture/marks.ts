import type * as Y from 'yjs';

/** The root that holds one mark per write, in the order of the text: whole, so that nothing written between splits it. */
const MARKS = 'marks';

/** Puts a mark at a random place, and some text with it, as one change. */
export function putMark(doc: Y.Doc, mark: string, random: () => number): void {
  doc.transact(() => {
    const marks = doc.getArray<string>(MARKS);
    marks.insert(Math.floor(random() * (marks.length + 1)), [mark]);
    const text = doc.getText('content');
    const at = Math.floor(random() * (text.length + 1));
    if (text.length > 200 && random() < 0.3)
      text.delete(Math.floor(random() * (text.length - 20)), 20);
    else text.insert(at, `${mark} `);
  });
}

/** The marks of a document. */
export function marksOf(doc: Y.Doc): readonly string[] {
  return doc
    .getArray(MARKS)
    .toArray()
    .map((mark: unknown) => String(mark));
}
