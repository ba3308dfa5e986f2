import * as encoding from 'lib0/encoding';
import * as Y from 'yjs';
import type { Struct } from './struct-order.ts';

/** Deleted clocks of one client: `len` of them from `clock` on. */
export interface Range {
  readonly clock: number;
  readonly len: number;
}

/** Structs of one client without a gap between them, the first of which stands at `clock`. */
export interface Run {
  readonly client: number;
  readonly clock: number;
  readonly structs: readonly Struct[];
}

/** Writes a struct of a decoded update. */
export function writeStruct(encoder: Y.UpdateEncoderV1, struct: Struct): void {
  if (struct instanceof Y.Item) struct.write(encoder, 0);
  else struct.write(encoder, 0);
}

/** Yjs's update format, version 1. @param runs at most one for each client */
export function encodeUpdate(
  runs: readonly Run[],
  deletes: ReadonlyMap<number, readonly Range[]>,
): Uint8Array {
  const encoder = new Y.UpdateEncoderV1();
  encoding.writeVarUint(encoder.restEncoder, runs.length);
  // Yjs merges updates in the order of their clients, the highest first.
  for (const { client, clock, structs } of runs.toSorted((a, b) => b.client - a.client)) {
    encoding.writeVarUint(encoder.restEncoder, structs.length);
    encoder.writeClient(client);
    encoding.writeVarUint(encoder.restEncoder, clock);
    for (const struct of structs) writeStruct(encoder, struct);
  }
  encoding.writeVarUint(encoder.restEncoder, deletes.size);
  for (const [owner, ranges] of deletes) {
    encoder.resetDsCurVal();
    encoding.writeVarUint(encoder.restEncoder, owner);
    encoding.writeVarUint(encoder.restEncoder, ranges.length);
    for (const { clock: at, len } of ranges.toSorted((a, b) => a.clock - b.clock)) {
      encoder.writeDsClock(at);
      encoder.writeDsLen(len);
    }
  }
  return encoder.toUint8Array();
}
