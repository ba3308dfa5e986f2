import * as Y from 'yjs';
import type { FoundJotting } from './jottings.ts';
import { quietDocument, tryApply } from '../quiet-document.ts';

/** What a device lacks of what was jotted down for one of its documents, and how many local changes that is. */
export interface Adopted {
  readonly bytes: Uint8Array;
  readonly changes: number;
}

/**
 * Most of what is found was committed all the same, or belongs to a tab that is just about to: only what the records lack
 * is taken, so that nothing is counted twice.
 */
export function adopt(
  held: readonly Uint8Array[],
  jottings: readonly FoundJotting[],
): Adopted | undefined {
  const doc = quietDocument();
  doc.transact(() => {
    for (const update of held) tryApply(doc, update);
  });
  const fresh: Uint8Array[] = [];
  let changes = 0;
  doc.on('update', (update: Uint8Array) => fresh.push(update));
  for (const jotting of jottings) {
    const before = fresh.length;
    if (!tryApply(doc, jotting.bytes)) continue;
    const waits = doc.store.pendingStructs !== null || doc.store.pendingDs !== null;
    // It builds on what is nowhere: the client sorts out what becomes of it.
    if (waits) fresh.push(jotting.bytes);
    if (fresh.length > before) changes += jotting.changes;
  }
  doc.destroy();
  return changes === 0 ? undefined : { bytes: Y.mergeUpdates(fresh), changes };
}
