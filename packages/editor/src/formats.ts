import type { Editor } from '@tiptap/core';

/** Formats that a bar of buttons may offer; their keys are Tiptap's. */
export const FORMATS = [
  'heading1',
  'heading2',
  'bold',
  'italic',
  'strike',
  'code',
  'bulletList',
  'orderedList',
  'blockquote',
] as const;
export type Format = (typeof FORMATS)[number];

/** The formats at the caret or over the whole selection. */
export function activeFormats(tiptap: Editor): readonly Format[] {
  if (tiptap.isDestroyed) return [];
  return FORMATS.filter((format) => {
    if (format === 'heading1') return tiptap.isActive('heading', { level: 1 });
    if (format === 'heading2') return tiptap.isActive('heading', { level: 2 });
    return tiptap.isActive(format);
  });
}

/** Gives the selection a format or takes it away, and goes back to writing. */
export function toggleFormat(tiptap: Editor, format: Format): void {
  const chain = tiptap.chain().focus();
  switch (format) {
    case 'heading1':
      chain.toggleHeading({ level: 1 }).run();
      return;
    case 'heading2':
      chain.toggleHeading({ level: 2 }).run();
      return;
    case 'bold':
      chain.toggleBold().run();
      return;
    case 'italic':
      chain.toggleItalic().run();
      return;
    case 'strike':
      chain.toggleStrike().run();
      return;
    case 'code':
      chain.toggleCode().run();
      return;
    case 'bulletList':
      chain.toggleBulletList().run();
      return;
    case 'orderedList':
      chain.toggleOrderedList().run();
      return;
    case 'blockquote':
      chain.toggleBlockquote().run();
      return;
    default: {
      const unreachable: never = format;
      return unreachable;
    }
  }
}
