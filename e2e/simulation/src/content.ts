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

/** One update passes many watchers, in frames of its own for each: what was decoded a moment ago is not decoded again. */
const decoded = new Map<string, Content>();

/** Updates that are kept so, and the bytes of the largest. */
const KEPT = { updates: 512, bytes: 4_096 } as const;

/** @throws Error when the bytes are no update */
export function contentOf(update: Uint8Array): Content {
  if (update.length > KEPT.bytes) return decode(update);
  const key = Buffer.from(update.buffer, update.byteOffset, update.length).toString('latin1');
  const known = decoded.get(key);
  if (known !== undefined) return known;
  const content = decode(update);
  if (decoded.size >= KEPT.updates) decoded.clear();
  decoded.set(key, content);
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
