import * as Y from 'yjs';

/** A stretch of structs of one Yjs client that a transaction deleted. */
interface Deleted {
  readonly client: number;
  readonly clock: number;
  readonly len: number;
}

/** A transaction as its author made it: how others can tell that they have it. */
export interface Made {
  /** When, by `performance.now()`. */
  readonly at: number;
  /** How many structs its author's Yjs client had written once it was made. */
  readonly clock: number;
  readonly deleted: readonly Deleted[];
  /** What to apply where its effect is wanted alone; `undefined` when it changed nothing. */
  readonly update: Uint8Array | undefined;
}

/** All that one author made so far, oldest first. */
export interface AuthorLedger {
  /** The Yjs client id that the author writes under. */
  readonly client: number;
  readonly made: Made[];
}

/** Describes a transaction that was just made. */
export function describeMade(
  doc: Y.Doc,
  at: number,
  transaction: Y.Transaction | undefined,
  update: Uint8Array | undefined,
): Made {
  const deleted: Deleted[] = [];
  for (const [client, ranges] of transaction?.deleteSet.clients ?? []) {
    for (const { clock, len } of ranges) deleted.push({ client, clock, len });
  }
  return { at, clock: Y.getState(doc.store, doc.clientID), deleted, update };
}

/**
 * Whether a replica has a transaction: all that it inserted is there, and all that it deleted is gone. State
 * vectors alone would not do, since deletes do not advance them.
 */
export function covers(doc: Y.Doc, client: number, made: Made): boolean {
  if (Y.getState(doc.store, client) < made.clock) return false;
  return made.deleted.every((range) => isDeleted(doc, range));
}

function isDeleted(doc: Y.Doc, { client, clock, len }: Deleted): boolean {
  const end = clock + len;
  if (Y.getState(doc.store, client) < end) return false;
  const structs = doc.store.clients.get(client) ?? [];
  for (let i = Y.findIndexSS(structs, clock); i < structs.length; i += 1) {
    const struct = structs[i];
    if (struct === undefined || struct.id.clock >= end) break;
    if (!struct.deleted) return false;
  }
  return true;
}
