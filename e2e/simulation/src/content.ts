import * as Y from 'yjs';

/** A range of one client's clocks. */
export interface Range {
  readonly client: number;
  readonly clock: number;
  readonly length: number;
}

/** What an update says, without its contents: what it inserts and what it deletes. */
export interface Content {
  readonly inserts: readonly Range[];
  readonly deletes: readonly Range[];
}

/** One update passes many watchers, mostly as the same bytes of the same frame: each is decoded once. */
const decoded = new WeakMap<
  ArrayBufferLike,
  { readonly from: number; readonly length: number; readonly content: Content }
>();

/** @throws Error when the bytes are no update */
export function contentOf(update: Uint8Array): Content {
  const { buffer, byteOffset: from, length } = update;
  const known = decoded.get(buffer);
  if (known?.from === from && known.length === length) return known.content;
  const content = decode(update);
  decoded.set(buffer, { from, length, content });
  return content;
}

function decode(update: Uint8Array): Content {
  const { structs, ds } = Y.decodeUpdate(update);
  const inserts: { client: number; clock: number; length: number }[] = [];
  for (const struct of structs) {
    if (struct instanceof Y.Skip) continue;
    const { client, clock } = struct.id;
    const last = inserts.at(-1);
    if (last !== undefined && last.client === client && last.clock + last.length === clock) {
      last.length += struct.length;
    } else {
      inserts.push({ client, clock, length: struct.length });
    }
  }
  const deletes: Range[] = [];
  for (const [client, ranges] of ds.clients) {
    for (const { clock, len } of ranges) deletes.push({ client, clock, length: len });
  }
  return { inserts, deletes };
}

/** Whether a document holds all of it. */
export function docHolds(doc: Y.Doc, content: Content): boolean {
  return (
    content.inserts.every(
      ({ client, clock, length }) => clock + length <= Y.getState(doc.store, client),
    ) && content.deletes.every((range) => docDeleted(doc, range))
  );
}

function docDeleted(doc: Y.Doc, { client, clock, length }: Range): boolean {
  const structs = doc.store.clients.get(client);
  if (structs === undefined || clock + length > Y.getState(doc.store, client)) return false;
  for (let at = Y.findIndexSS(structs, clock); at < structs.length; at += 1) {
    const struct = structs[at];
    if (struct === undefined || struct.id.clock >= clock + length) break;
    if (!struct.deleted) return false;
  }
  return true;
}
