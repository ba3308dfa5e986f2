import { contentHash, stateHash } from '@weft/protocol';
import * as Y from 'yjs';
import { foldUpdates } from './fold.ts';

/** What somebody who opens a document now would have. */
export interface DocumentDigest {
  /** `stateHash`: what was taken in. */
  readonly state: string;
  /** `contentHash`: what it reads. */
  readonly content: string;
}

/**
 * The digest of a stream's updates, as a newcomer gets them: whole and at once. Updates with forged neighbours read
 * differently in each order in which they arrive; this order is the same for everybody.
 * @throws Error when something is missing between the updates
 */
export function digestUpdates(updates: readonly Uint8Array[]): DocumentDigest {
  const doc = new Y.Doc();
  try {
    Y.applyUpdate(doc, foldUpdates(updates));
    return { state: stateHash(doc), content: contentHash(doc) };
  } finally {
    doc.destroy();
  }
}
