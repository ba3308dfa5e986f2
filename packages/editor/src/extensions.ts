import type { Extensions } from '@tiptap/core';
import { StarterKit } from '@tiptap/starter-kit';

/**
 * What a page may hold. Three habits of the kit are off, since each writes without a person's doing:
 * undo of its own (collaboration brings one that leaves others' changes alone), the trailing empty paragraph and
 * links made of text as it appears; the last two would change a document that was only opened.
 */
export function contentExtensions(): Extensions {
  return [
    StarterKit.configure({
      undoRedo: false,
      trailingNode: false,
      heading: { levels: [1, 2, 3, 4, 5, 6] },
      link: {
        autolink: false,
        linkOnPaste: true,
        defaultProtocol: 'https',
        HTMLAttributes: { rel: 'noopener noreferrer nofollow', target: '_blank' },
      },
    }),
  ];
}
