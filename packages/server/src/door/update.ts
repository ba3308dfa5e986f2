import * as decoding from 'lib0/decoding';
import * as Y from 'yjs';
import type { ErrorCode } from '@weft/protocol';
import { allReady } from './readiness.ts';

/**
 * What a Yjs update would do to a document, found before anything is applied: y-protocols applies first and
 * swallows errors, and a half-valid update is half applied (facts 3 and 4 of the field's engines).
 */
export interface DecodedUpdate {
  readonly bytes: Uint8Array;
  /** Those of one client stand together, in the order of their clocks. */
  readonly structs: readonly (Y.Item | Y.GC | Y.Skip)[];
  readonly deletes: ReadonlyMap<
    number,
    readonly { readonly clock: number; readonly len: number }[]
  >;
}

/**
 * Decodes the whole update; `undefined` when any part of it cannot be read, or would be read in two ways: of two groups
 * of structs for one client id Yjs applies only the last.
 */
export function decodeUpdate(bytes: Uint8Array): DecodedUpdate | undefined {
  try {
    const { structs, ds } = Y.decodeUpdate(bytes);
    const groups = decoding.readVarUint(decoding.createDecoder(bytes));
    const clients = new Set<number>();
    let runs = 0;
    let last: number | undefined;
    for (const { id } of structs) {
      if (id.client === last) continue;
      runs += 1;
      last = id.client;
      clients.add(id.client);
    }
    if (runs !== groups || clients.size !== groups) return undefined;
    return { bytes, structs, deletes: ds.clients };
  } catch {
    // Whatever the decoder met (truncation, an unknown content type, a bad string), the update is not one.
    return undefined;
  }
}

/** The end of what one client has on its way to the log. */
export interface QueuedTail {
  /** The client's next clock. */
  readonly end: number;
  /** Its last struct on the way. */
  readonly last: Y.Item | Y.GC | undefined;
  /** The item that names parent and key of that struct; `undefined` where it is not known. */
  readonly named: Y.Item | undefined;
}

/** What updates on their way to the log will bring a document, by client id. */
export type Queued = ReadonlyMap<number, QueuedTail>;

export type Finding =
  /** Every struct and every delete is in the document already. */
  | { readonly finding: 'known' }
  /** `bytes` holds what is new. */
  | {
      readonly finding: 'new';
      readonly bytes: Uint8Array;
      /** Client ids that new structs were written under. */
      readonly writers: readonly number[];
    }
  | { readonly finding: 'refused'; readonly code: ErrorCode };

/**
 * Compares an update with a document and with what is queued for it. Whatever the document would have to keep as
 * pending (a gap in a client's clocks, an origin, a parent or a deleted range that is nowhere) is refused: pending
 * structs fire no event and are lost with the process.
 */
export function examine(doc: Y.Doc, queued: Queued, update: DecodedUpdate): Finding {
  const known = (client: number) => knownClock(doc, queued, client);
  const ends = new Map<number, number>();
  const endOf = (client: number) => ends.get(client) ?? known(client);
  let fresh = false;
  let partly = false;
  let writer: number | undefined;
  let end = 0;
  for (const struct of update.structs) {
    const { client, clock } = struct.id;
    if (client !== writer) end = known(client);
    writer = client;
    if (struct instanceof Y.Skip || clock > end) return { finding: 'refused', code: 'update-gap' };
    if (clock + struct.length > end) {
      fresh = true;
      if (clock < end) partly = true;
      end = clock + struct.length;
      ends.set(client, end);
    } else {
      partly = true;
    }
  }
  if (!allReady(update.structs, known)) return { finding: 'refused', code: 'update-gap' };
  for (const [client, ranges] of update.deletes) {
    for (const { clock, len } of ranges) {
      // Nobody deletes nothing; Yjs throws on such a range once it has applied the rest.
      if (len === 0) return { finding: 'refused', code: 'update-invalid' };
      if (clock + len > endOf(client)) return { finding: 'refused', code: 'update-gap' };
      if (!fresh && !allDeleted(doc, client, clock, len)) fresh = true;
    }
  }
  if (!fresh) return { finding: 'known' };
  const bytes = partly ? cut(update, known) : update.bytes;
  return { finding: 'new', bytes, writers: [...ends.keys()] };
}

/** The next clock of a client, with what is queued counted as there. */
export function knownClock(doc: Y.Doc, queued: Queued, client: number): number {
  return Math.max(Y.getState(doc.store, client), queued.get(client)?.end ?? 0);
}

/** The update without the structs that are known: what others have already must not grow the log again. */
function cut(update: DecodedUpdate, known: (client: number) => number): Uint8Array {
  const vector = new Map<number, number>();
  for (const { id } of update.structs) {
    const clock = known(id.client);
    if (clock > 0) vector.set(id.client, clock);
  }
  return Y.diffUpdate(update.bytes, Y.encodeStateVector(vector));
}

/** Whether a range of structs is deleted. Ranges that are queued and not applied count as not deleted: harmless. */
function allDeleted(doc: Y.Doc, client: number, clock: number, len: number): boolean {
  const structs = doc.store.clients.get(client);
  if (structs === undefined || clock + len > Y.getState(doc.store, client)) return false;
  for (let index = Y.findIndexSS(structs, clock); index < structs.length; index += 1) {
    const struct = structs[index];
    if (struct === undefined || struct.id.clock >= clock + len) break;
    if (!struct.deleted) return false;
  }
  return true;
}
