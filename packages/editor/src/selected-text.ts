import type { Editor } from '@tiptap/core';

/** The text that is selected, its blocks apart by a space; empty where nothing is. It stays while the focus is elsewhere. */
export function selectedText(editor: Editor): string {
  const { doc, selection } = editor.state;
  return selection.empty ? '' : doc.textBetween(selection.from, selection.to, ' ');
}
