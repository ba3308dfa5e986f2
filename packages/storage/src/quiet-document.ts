import * as Y from 'yjs';

/** A document that writes nothing by itself: Yjs would add deletes of its own after concurrent formatting. */
export function quietDocument(): Y.Doc {
  const doc = new Y.Doc();
  doc.on('afterTransaction', (transaction: Y.Transaction) => {
    transaction._needFormattingCleanup = false;
  });
  return doc;
}

/** Folds updates into one by way of a document: deleted text goes, and it is linear where merging is not. */
export function foldUpdates(updates: readonly Uint8Array[]): Uint8Array {
  const doc = quietDocument();
  try {
    Y.transact(doc, () => updates.forEach((update) => Y.applyUpdate(doc, update)), null, false);
    return Y.encodeStateAsUpdate(doc);
  } finally {
    doc.destroy();
  }
}

/** Applies an update that may be damaged. @returns whether it could be read; one that cannot changes nothing */
export function tryApply(doc: Y.Doc, update: unknown): boolean {
  if (!(update instanceof Uint8Array)) return false;
  try {
    // Decoded whole first: applying one that lacks its end would take in a part of it.
    Y.decodeUpdate(update);
    Y.applyUpdate(doc, update);
    return true;
  } catch {
    return false;
  }
}
