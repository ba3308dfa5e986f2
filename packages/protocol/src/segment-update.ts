import * as encoding from 'lib0/encoding';
import { canonicalJson } from './canonical-json.ts';

/** Yjs's update format (v1) for the two things that a segment's writer does: set a key of a root map, and delete it. */

/** The newest struct of a key. */
export interface Slot {
  readonly client: number;
  readonly clock: number;
  /** Whether it holds a value: a deleted one does not. */
  readonly live: boolean;
}

const CONTENT_ANY = 8;
const HAS_PARENT_SUB = 0x20;
const HAS_ORIGIN = 0x80;

/** The update that sets `root[key] = value` as the struct number `clock` of `client`, in place of `before`. */
export function encodeSet(write: {
  readonly client: number;
  readonly clock: number;
  readonly root: string;
  readonly key: string;
  readonly before: Slot | undefined;
  readonly value: unknown;
}): Uint8Array {
  const { client, clock, root, key, before, value } = write;
  const encoder = encoding.createEncoder();
  encoding.writeVarUint(encoder, 1); // one client
  encoding.writeVarUint(encoder, 1); // with one struct
  encoding.writeVarUint(encoder, client);
  encoding.writeVarUint(encoder, clock);
  if (before === undefined) {
    encoding.writeUint8(encoder, CONTENT_ANY | HAS_PARENT_SUB);
    encoding.writeVarUint(encoder, 1); // the parent is a root type, by name
    encoding.writeVarString(encoder, root);
    encoding.writeVarString(encoder, key);
  } else {
    // Parent and key are its origin's.
    encoding.writeUint8(encoder, CONTENT_ANY | HAS_PARENT_SUB | HAS_ORIGIN);
    encoding.writeVarUint(encoder, before.client);
    encoding.writeVarUint(encoder, before.clock);
  }
  encoding.writeVarUint(encoder, 1); // one value
  // Fields in one order, and none that JSON drops: an event that was read back gives the bytes that it gave at first.
  // oxlint-disable-next-line typescript/no-unsafe-argument -- any value of JSON can be written
  encoding.writeAny(encoder, JSON.parse(canonicalJson(JSON.parse(JSON.stringify(value)))));
  writeDeleted(encoder, before?.live === true ? before : undefined);
  return encoding.toUint8Array(encoder);
}

/** The update that deletes a struct. */
export function encodeDelete(slot: Slot): Uint8Array {
  const encoder = encoding.createEncoder();
  encoding.writeVarUint(encoder, 0); // no structs
  writeDeleted(encoder, slot);
  return encoding.toUint8Array(encoder);
}

function writeDeleted(encoder: encoding.Encoder, slot: Slot | undefined): void {
  if (slot === undefined) {
    encoding.writeVarUint(encoder, 0);
    return;
  }
  encoding.writeVarUint(encoder, 1); // one client
  encoding.writeVarUint(encoder, slot.client);
  encoding.writeVarUint(encoder, 1); // with one range
  encoding.writeVarUint(encoder, slot.clock);
  encoding.writeVarUint(encoder, 1);
}
