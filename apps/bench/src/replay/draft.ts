import * as Y from 'yjs';
import { type CodePoints, trackCodePoints } from './code-points.ts';
import { type Made, describeMade } from './ledger.ts';
import { type Patch, TraceError } from './trace.ts';

/** Name of the root `Y.Text` that a session is played into. */
export const TEXT_ROOT = 'text';

/**
 * An author's view of the text, in which edits are made at the positions they had then. With several authors it is
 * a document of its own: what others made is let in only as far as the next transaction had seen it, however much
 * the client has received meanwhile.
 */
export interface Draft {
  /** The Yjs client id that it writes under. */
  readonly client: number;
  /** Lets in what others made. */
  admit(updates: readonly Uint8Array[]): void;
  /** Makes one transaction. @throws TraceError when a patch lies outside the text */
  make(patches: readonly Patch[], at: number, index: number): Made;
}

/** @param mayHoldAstral whether any patch inserts a character outside the basic plane */
export function createDraft(doc: Y.Doc, mayHoldAstral: boolean): Draft {
  const text = doc.getText(TEXT_ROOT);
  const points: CodePoints = trackCodePoints(() => text.toJSON(), mayHoldAstral);
  return {
    client: doc.clientID,
    admit: (updates) => {
      if (updates.length === 0) return;
      doc.transact(() => {
        for (const update of updates) Y.applyUpdate(doc, update);
      });
      points.invalidate();
    },
    make: (patches, at, index) => {
      let made: { transaction: Y.Transaction; update: Uint8Array } | undefined;
      const keep = (update: Uint8Array, _: unknown, __: unknown, transaction: Y.Transaction) => {
        made = { transaction, update };
      };
      doc.on('update', keep);
      try {
        doc.transact(() => {
          for (const patch of patches) applyPatch(text, points, patch, index);
        });
      } finally {
        doc.off('update', keep);
      }
      return describeMade(doc, at, made?.transaction, made?.update);
    },
  };
}

function applyPatch(text: Y.Text, points: CodePoints, patch: Patch, index: number): void {
  const [position, deleted, inserted] = patch;
  const start = points.toUtf16(position);
  const length = points.toUtf16(position + deleted) - start;
  // Yjs cuts a deletion at the end of the text without a word.
  if (start + length > text.length) {
    throw new TraceError(`txns.${index}: a patch lies outside the text`);
  }
  if (length > 0) text.delete(start, length);
  if (inserted !== '') text.insert(start, inserted);
  points.patched(start, length, inserted);
}
