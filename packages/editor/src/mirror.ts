import * as Y from 'yjs';

/** A copy of a document that follows it and is never read back. */
export interface Mirror {
  readonly doc: Y.Doc;
  /** Stops following and frees the copy. Idempotent. */
  destroy(): void;
}

/**
 * Makes a copy for an editor that must not write. The binding of Yjs and ProseMirror repairs what it cannot show
 * by deleting it, whether or not the editor is editable; here it repairs the copy.
 */
export function createMirror(source: Y.Doc): Mirror {
  const doc = new Y.Doc();
  Y.applyUpdate(doc, Y.encodeStateAsUpdate(source), source);
  const follow = (update: Uint8Array) => Y.applyUpdate(doc, update, source);
  source.on('update', follow);
  return {
    doc,
    destroy() {
      source.off('update', follow);
      doc.destroy();
    },
  };
}
