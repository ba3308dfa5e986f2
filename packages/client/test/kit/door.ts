import { type ErrorCode, readableText } from '@weft/protocol';
import * as Y from 'yjs';
import type { HeldWrite, ScriptedServer } from './scripted-server.ts';

/** What a server of the tests refuses: text with "bad" in it, and client ids that belong to somebody else. */
export function door(server: ScriptedServer, taken: ReadonlySet<number> = new Set()): void {
  server.confirms = true;
  server.judge = ({ address, bytes }: HeldWrite): ErrorCode | 'fine' => {
    const doc = new Y.Doc();
    Y.applyUpdate(doc, Y.encodeStateAsUpdate(server.doc(address)));
    const before = Y.encodeStateAsUpdate(doc);
    Y.applyUpdate(doc, bytes);
    if (doc.store.pendingStructs !== null || doc.store.pendingDs !== null) return 'update-gap';
    const after = Y.encodeStateAsUpdate(doc);
    const unchanged =
      before.length === after.length && before.every((byte, at) => byte === after[at]);
    if (unchanged) return 'fine';
    const fresh = Y.diffUpdate(bytes, Y.encodeStateVectorFromUpdate(before));
    if (Y.decodeUpdate(fresh).structs.some(({ id }) => taken.has(id.client))) {
      return 'client-id-taken';
    }
    return readableText(fresh).includes('bad') ? 'type-forbidden' : 'fine';
  };
}
