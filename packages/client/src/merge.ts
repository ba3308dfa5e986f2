import * as Y from 'yjs';

/** Updates per merge: `Y.mergeUpdates` is quadratic in their number (10,000 at once take more than a second). */
const CHUNK = 64;

/** Merges updates as a tree of small merges. Order does not matter; one update is returned as it is. */
export function mergeUpdates(updates: readonly Uint8Array[]): Uint8Array {
  let level = updates;
  while (level.length > 1) {
    const next: Uint8Array[] = [];
    for (let at = 0; at < level.length; at += CHUNK) {
      const chunk = level.slice(at, at + CHUNK);
      next.push(chunk.length === 1 && chunk[0] !== undefined ? chunk[0] : Y.mergeUpdates(chunk));
    }
    level = next;
  }
  return level[0] ?? EMPTY_UPDATE;
}

/** The update that changes nothing: no structs, no deletes. */
export const EMPTY_UPDATE = Uint8Array.of(0, 0);
