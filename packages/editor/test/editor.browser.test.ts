import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Awareness, applyAwarenessUpdate, encodeAwarenessUpdate } from 'y-protocols/awareness';
import * as Y from 'yjs';
import { NAME_SHOWN_MS } from '../src/carets.ts';
import { createEditor, type DocumentEditor, type EditorOptions } from '../src/index.ts';
import '../style.css';

const ANN = { name: 'Ann', color: '#2770c5' };
const open: DocumentEditor[] = [];
let element: HTMLElement;

beforeEach(() => {
  element = document.createElement('div');
  document.body.append(element);
});

afterEach(() => {
  for (const editor of open.splice(0)) editor.destroy();
  element.remove();
  vi.useRealTimers();
});

function edit(doc: Y.Doc, options: Partial<EditorOptions> = {}): DocumentEditor {
  const place = document.createElement('div');
  element.append(place);
  const editor = createEditor({ element: place, doc, user: ANN, editable: true, ...options });
  open.push(editor);
  return editor;
}

/** A document as the server seeds one: heading, paragraph, and a list at the very end. */
function seeded(): Y.Doc {
  const doc = new Y.Doc();
  const heading = new Y.XmlElement('heading');
  // Numbers stay numbers on the wire, although the types of Yjs know strings only.
  const wide: { setAttribute(name: string, value: unknown): void } = heading;
  wide.setAttribute('level', 1);
  heading.insert(0, [new Y.XmlText('Welcome')]);
  const paragraph = new Y.XmlElement('paragraph');
  paragraph.insert(0, [new Y.XmlText('See https://example.org for more ')]);
  const list = new Y.XmlElement('bulletList');
  const item = new Y.XmlElement('listItem');
  const inner = new Y.XmlElement('paragraph');
  inner.insert(0, [new Y.XmlText('first')]);
  item.insert(0, [inner]);
  list.insert(0, [item]);
  doc.getXmlFragment('content').insert(0, [heading, paragraph, list]);
  return doc;
}

function countUpdates(doc: Y.Doc): () => number {
  let count = 0;
  doc.on('update', () => (count += 1));
  return () => count;
}

/** The content as text. */
function xml(doc: Y.Doc): string {
  return doc.getXmlFragment('content').toJSON();
}

/** Two documents that hear each other at once. */
function join(a: Y.Doc, b: Y.Doc): void {
  Y.applyUpdate(b, Y.encodeStateAsUpdate(a), 'wire');
  a.on('update', (update: Uint8Array, origin: unknown) => {
    if (origin !== 'wire') Y.applyUpdate(b, update, 'wire');
  });
  b.on('update', (update: Uint8Array, origin: unknown) => {
    if (origin !== 'wire') Y.applyUpdate(a, update, 'wire');
  });
}

/** A state of another client, as it would arrive from the wire. */
function remoteCaret(awareness: Awareness, state: Record<string, unknown>): void {
  const client = 77;
  const other = new Awareness(new Y.Doc());
  other.clientID = client;
  other.setLocalState(state);
  const meta = other.meta.get(client);
  // A state counts only when its clock is above the one known.
  if (meta !== undefined) meta.clock = (awareness.meta.get(client)?.clock ?? 0) + 1;
  applyAwarenessUpdate(awareness, encodeAwarenessUpdate(other, [client]), 'wire');
  other.destroy();
}

/** A position in the text of the heading, as it travels. */
function caretAt(doc: Y.Doc, index: number): unknown {
  const heading = doc.getXmlFragment('content').get(0);
  const text = heading instanceof Y.XmlElement ? heading.get(0) : undefined;
  if (!(text instanceof Y.XmlText)) throw new Error('no heading with a text');
  return Y.relativePositionToJSON(Y.createRelativePositionFromTypeIndex(text, index));
}

describe('opening', () => {
  it('[D8] an empty document is not written to by opening, focusing, carets of others and leaving', () => {
    const doc = new Y.Doc();
    const updates = countUpdates(doc);
    const awareness = new Awareness(doc);
    const editor = edit(doc, { awareness, placeholder: 'Write here' });
    editor.focus();
    expect(document.activeElement).toBe(editor.tiptap.view.dom);
    remoteCaret(awareness, { user: { name: 'Bea', color: '#bd484f' } });
    editor.destroy();
    expect(updates()).toBe(0);
    awareness.destroy();
  });

  it('[D8] [D10] a seeded document is shown and not written to, its links and its last list included', async () => {
    const doc = seeded();
    const before = Y.encodeStateAsUpdate(doc);
    const updates = countUpdates(doc);
    const awareness = new Awareness(doc);
    const editor = edit(doc, { awareness });
    expect(element.querySelector('h1')?.textContent).toBe('Welcome');
    expect(element.querySelector('li')?.textContent).toBe('first');
    editor.focus();
    remoteCaret(awareness, {
      user: { name: 'Bea', color: '#bd484f' },
      cursor: { anchor: caretAt(doc, 1), head: caretAt(doc, 1) },
    });
    await vi.waitFor(() => expect(element.querySelector('.weft-caret')).not.toBeNull());
    editor.tiptap.view.dispatch(editor.tiptap.state.tr.setMeta('nothing', true));
    editor.destroy();
    expect(updates()).toBe(0);
    expect(Y.encodeStateAsUpdate(doc)).toEqual(before);
    awareness.destroy();
  });

  it('is a textbox with a name', () => {
    edit(seeded());
    const box = element.querySelector('[role=textbox]');
    expect(box?.getAttribute('aria-label')).toBe('Document');
    expect(box?.getAttribute('contenteditable')).toBe('true');
  });
});

describe('editing', () => {
  it('[D1] two editors that type at once show the same', () => {
    const a = seeded();
    const b = new Y.Doc();
    join(a, b);
    const ann = edit(a);
    const bea = edit(b);
    ann.tiptap.commands.insertContentAt(1, 'Ann ');
    bea.tiptap.commands.insertContentAt(1, 'Bea ');
    expect(ann.tiptap.getHTML()).toBe(bea.tiptap.getHTML());
    expect(ann.tiptap.getText()).toContain('Ann');
    expect(ann.tiptap.getText()).toContain('Bea');
  });

  it('undo takes back only what this person did', () => {
    const a = new Y.Doc();
    const b = new Y.Doc();
    join(a, b);
    const ann = edit(a);
    const bea = edit(b);
    ann.tiptap.commands.insertContent('ann');
    bea.tiptap.commands.insertContentAt(4, ' bea');
    ann.tiptap.view.dom.dispatchEvent(
      new KeyboardEvent('keydown', { key: 'z', ctrlKey: true, bubbles: true }),
    );
    expect(bea.tiptap.getText()).toContain('bea');
    expect(bea.tiptap.getText()).not.toContain('ann');
  });
});

describe('content that this editor does not know', () => {
  function callout(): Y.XmlElement {
    const node = new Y.XmlElement('callout');
    node.insert(0, [new Y.XmlText('kept')]);
    return node;
  }

  it('[D8] opens as a copy to read, says which names, and keeps every byte', () => {
    const doc = seeded();
    doc.getXmlFragment('content').insert(1, [callout()]);
    const before = Y.encodeStateAsUpdate(doc);
    const editor = edit(doc);
    expect(editor.mode).toEqual({ state: 'unknown-content', names: ['callout'] });
    expect(editor.tiptap.isEditable).toBe(false);
    expect(element.querySelector('h1')?.textContent).toBe('Welcome');
    editor.setEditable(false);
    editor.destroy();
    expect(Y.encodeStateAsUpdate(doc)).toEqual(before);
  });

  it('[D8] content that arrives later is kept as well, and what follows is shown', () => {
    const doc = seeded();
    const other = new Y.Doc();
    join(doc, other);
    const editor = edit(doc);
    let changes = 0;
    editor.subscribe(() => (changes += 1));
    other.getXmlFragment('content').insert(1, [callout()]);
    expect(editor.mode).toEqual({ state: 'unknown-content', names: ['callout'] });
    expect(changes).toBe(1);
    const last = new Y.XmlElement('paragraph');
    last.insert(0, [new Y.XmlText('after')]);
    other.getXmlFragment('content').insert(4, [last]);
    expect(element.textContent).toContain('after');
    expect(xml(doc)).toBe(xml(other));
    expect(xml(doc)).toContain('kept');
  });
});

describe('reading', () => {
  it('[D9] an editor that may not write leaves even content it cannot show', () => {
    const doc = seeded();
    // A list item needs a paragraph: the binding repairs this by deleting it.
    const list = new Y.XmlElement('bulletList');
    list.insert(0, [new Y.XmlElement('listItem')]);
    doc.getXmlFragment('content').insert(3, [list]);
    const before = Y.encodeStateAsUpdate(doc);
    const editor = edit(doc, { editable: false });
    expect(editor.mode.state).toBe('reading');
    doc.getXmlFragment('content').insert(0, [new Y.XmlElement('paragraph')]);
    expect(xml(doc)).toContain('<listitem></listitem>');
    expect(Y.encodeStateAsUpdate(doc).length).toBeGreaterThan(before.length);
  });

  it('follows the document and turns into editing when the right is given', () => {
    const doc = seeded();
    const other = new Y.Doc();
    join(doc, other);
    const editor = edit(doc, { editable: false });
    const writer = edit(other);
    writer.tiptap.commands.insertContentAt(1, 'Well, ');
    expect(editor.tiptap.getText()).toContain('Well, Welcome');
    editor.setEditable(true);
    expect(editor.mode.state).toBe('editing');
    editor.tiptap.commands.insertContentAt(1, 'So: ');
    expect(writer.tiptap.getText()).toContain('So: Well, Welcome');
  });
});

describe('carets', () => {
  it('show their name for two seconds after a move, then only the colour', async () => {
    const doc = seeded();
    const awareness = new Awareness(doc);
    vi.useFakeTimers();
    edit(doc, { awareness });
    const user = { name: 'Bea', color: '#bd484f' };
    remoteCaret(awareness, { user, cursor: { anchor: caretAt(doc, 1), head: caretAt(doc, 1) } });
    await vi.advanceTimersByTimeAsync(1);
    const caret = () => element.querySelector<HTMLElement>('.weft-caret');
    expect(caret()?.textContent).toContain('Bea');
    expect(caret()?.dataset).toHaveProperty('named');
    await vi.advanceTimersByTimeAsync(NAME_SHOWN_MS);
    expect(caret()?.dataset).not.toHaveProperty('named');
    expect(caret()?.style.getPropertyValue('--weft-person')).toBe('#bd484f');
    remoteCaret(awareness, { user, cursor: { anchor: caretAt(doc, 2), head: caretAt(doc, 2) } });
    await vi.advanceTimersByTimeAsync(1);
    expect(caret()?.dataset).toHaveProperty('named');
    awareness.destroy();
  });

  it('of states that are not what they should be are not drawn, and break nothing', async () => {
    const doc = seeded();
    const awareness = new Awareness(doc);
    const editor = edit(doc, { awareness });
    const hostile = [
      { user: 7, cursor: 'here' },
      { user: { name: {}, color: 'red;} body{display:none' }, cursor: { anchor: 1, head: 2 } },
      { user: null, cursor: { anchor: { item: { client: 'x', clock: -1 } }, head: {} } },
      { cursor: { anchor: { tname: 5 }, head: { tname: 'content', assoc: 'left' } } },
    ];
    for (const state of hostile) remoteCaret(awareness, state);
    editor.tiptap.commands.insertContentAt(1, 'Still ');
    await vi.waitFor(() => expect(element.querySelector('h1')?.textContent).toBe('Still Welcome'));
    expect(element.querySelector('.weft-caret')).toBeNull();
    awareness.destroy();
  });
});
