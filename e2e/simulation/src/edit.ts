import * as Y from 'yjs';
import type { EditAction } from './case.ts';

/** Text longer than this is cut back: a run's cost must not grow with its luck. */
const TEXT_MAX = 200;

/** Letters typed; the count makes each insertion another text. */
const LETTERS = 'abcdefghijklmnopqrstuvwxyz';

/** Bytes of a paste that makes a stream worth folding. */
const PASTE = 66_000;

/** Does an edit on a document, as an editor would: in transactions of its own. */
export function edit(doc: Y.Doc, action: EditAction): void {
  for (let time = 0; time < action.times; time += 1) {
    Y.transact(doc, () => once(doc, action, time), EDITOR);
  }
}

/** The origin of what a person does. */
export const EDITOR = { from: 'person' };

function once(doc: Y.Doc, { kind, at, size }: EditAction, time: number): void {
  // Servers know no type for a root; Yjs itself behaves in another way in texts within types.
  const text = size % 2 === 0 ? innerText(doc) : doc.getText('text');
  const spot = Math.floor(at * (text.length + 1)) % (text.length + 1);
  switch (kind) {
    case 'insert': {
      const letter = LETTERS[(size * 7 + time + text.length) % LETTERS.length] ?? 'z';
      text.insert(Math.min(spot + time, text.length), letter.repeat(size));
      if (text.length > TEXT_MAX) text.delete(0, text.length - TEXT_MAX);
      break;
    }
    case 'delete': {
      const length = Math.min(size, text.length - spot);
      if (length > 0) text.delete(spot, length);
      break;
    }
    case 'format': {
      const length = Math.min(size * 3, text.length - spot);
      if (length > 0) text.format(spot, length, { bold: time % 2 === 0 ? true : null });
      break;
    }
    case 'set':
      doc.getMap('map').set(`key ${Math.floor(at * 4)}`, `${size}.${time}`);
      break;
    case 'unset':
      doc.getMap('map').delete(`key ${Math.floor(at * 4)}`);
      break;
    case 'push': {
      const list = doc.getArray('list');
      list.insert(Math.min(list.length, Math.floor(at * (list.length + 1))), [size, `${time}`]);
      if (list.length > 12) list.delete(0, list.length - 12);
      break;
    }
    case 'nest': {
      const list = doc.getArray('list');
      const inner = list.get(0);
      if (inner instanceof Y.Map) inner.set(`${size}`, time);
      else list.insert(0, [new Y.Map([[`${size}`, at]])]);
      break;
    }
    case 'paste':
      doc.getMap('map').set('paste', 'x'.repeat(PASTE));
      break;
    default: {
      const unreachable: never = kind;
      return unreachable;
    }
  }
}

/** A text in a list, as editors have their paragraphs. */
function innerText(doc: Y.Doc): Y.Text {
  const pages = doc.getArray('pages');
  const first = pages.get(0);
  if (first instanceof Y.Text) return first;
  const made = new Y.Text();
  pages.insert(0, [made]);
  return made;
}
