import * as encoding from 'lib0/encoding';
import { digest } from 'lib0/hash/sha256';
import { toHexString } from 'lib0/buffer';
import type * as Y from 'yjs';

/**
 * What a replica has taken in, as one hash: its state vector and its delete set. Only replicas that agree in it can be
 * expected to agree in their content (`contentHash`), and those must (law D1).
 * @returns 64 hexadecimal digits (SHA-256)
 */
export function stateHash(doc: Y.Doc): string {
  const encoder = encoding.createEncoder();
  for (const client of [...doc.store.clients.keys()].toSorted((a, b) => a - b)) {
    const structs = doc.store.clients.get(client) ?? [];
    encoding.writeVarUint(encoder, client);
    // Deleted ranges as they lie, however many structs make them up.
    let from = 0;
    let end = 0;
    const ranges: number[] = [];
    for (const { id, length, deleted } of structs) {
      if (!deleted) continue;
      if (id.clock !== end) {
        ranges.push(from, end);
        from = id.clock;
      }
      end = id.clock + length;
    }
    ranges.push(from, end);
    const last = structs.at(-1);
    encoding.writeVarUint(encoder, last === undefined ? 0 : last.id.clock + last.length);
    encoding.writeVarUint(encoder, ranges.length);
    for (const clock of ranges) encoding.writeVarUint(encoder, clock);
  }
  return toHexString(digest(encoding.toUint8Array(encoder)));
}
