import * as encoding from 'lib0/encoding';

/** Writes Yjs updates (format v1) struct by struct, also such as no Yjs would write. */

export interface Id {
  readonly client: number;
  readonly clock: number;
}

/** What an item holds: its reference number in the format, and how it is written. */
export interface Payload {
  readonly ref: number;
  readonly write: (encoder: encoding.Encoder) => void;
}

export const payload = {
  deleted: (length: number): Payload => ({
    ref: 1,
    write: (encoder) => encoding.writeVarUint(encoder, length),
  }),
  json: (values: readonly string[]): Payload => ({
    ref: 2,
    write: (encoder) => {
      encoding.writeVarUint(encoder, values.length);
      for (const value of values) encoding.writeVarString(encoder, value);
    },
  }),
  binary: (length: number): Payload => ({
    ref: 3,
    write: (encoder) => encoding.writeVarUint8Array(encoder, new Uint8Array(length)),
  }),
  text: (text: string): Payload => ({
    ref: 4,
    write: (encoder) => encoding.writeVarString(encoder, text),
  }),
  embed: (json: string): Payload => ({
    ref: 5,
    write: (encoder) => encoding.writeVarString(encoder, json),
  }),
  format: (key: string, json: string): Payload => ({
    ref: 6,
    write: (encoder) => {
      encoding.writeVarString(encoder, key);
      encoding.writeVarString(encoder, json);
    },
  }),
  map: (): Payload => ({ ref: 7, write: (encoder) => encoding.writeVarUint(encoder, 1) }),
  /** So many numbers. */
  numbers: (count: number): Payload => ({
    ref: 8,
    write: (encoder) => {
      encoding.writeVarUint(encoder, count);
      for (let value = 0; value < count; value += 1) encoding.writeAny(encoder, value);
    },
  }),
  /** One value, written by the caller in lib0's encoding of any value. */
  any: (write: (encoder: encoding.Encoder) => void): Payload => ({
    ref: 8,
    write: (encoder) => {
      encoding.writeVarUint(encoder, 1);
      write(encoder);
    },
  }),
};

export type Struct =
  | { readonly type: 'gc' | 'skip'; readonly length: number }
  | {
      readonly type: 'item';
      readonly payload: Payload;
      readonly origin?: Id;
      readonly right?: Id;
      /** Where it is when it names no neighbour: a root's name, or the item of a type. */
      readonly parent?: string | Id;
      readonly key?: string;
    };

/** The structs of one client, from a clock on. */
export interface ClientStructs {
  readonly client: number;
  readonly clock: number;
  readonly structs: readonly Struct[];
}

export interface DeletedRange extends Id {
  readonly length: number;
}

export function encodeUpdate(
  clients: readonly ClientStructs[],
  deletes: readonly DeletedRange[] = [],
): Uint8Array {
  const encoder = encoding.createEncoder();
  encoding.writeVarUint(encoder, clients.length);
  for (const { client, clock, structs } of clients) {
    encoding.writeVarUint(encoder, structs.length);
    encoding.writeVarUint(encoder, client);
    encoding.writeVarUint(encoder, clock);
    for (const struct of structs) writeStruct(encoder, struct);
  }
  const ranges = Map.groupBy(deletes, ({ client }) => client);
  encoding.writeVarUint(encoder, ranges.size);
  for (const [client, list] of ranges) {
    encoding.writeVarUint(encoder, client);
    encoding.writeVarUint(encoder, list.length);
    for (const { clock, length } of list) {
      encoding.writeVarUint(encoder, clock);
      encoding.writeVarUint(encoder, length);
    }
  }
  return encoding.toUint8Array(encoder);
}

const GC = 0;
const SKIP = 10;

function writeStruct(encoder: encoding.Encoder, struct: Struct): void {
  if (struct.type !== 'item') {
    encoding.writeUint8(encoder, struct.type === 'gc' ? GC : SKIP);
    encoding.writeVarUint(encoder, struct.length);
    return;
  }
  const { origin, right, parent, key, payload: content } = struct;
  const flags =
    (origin === undefined ? 0 : 0x80) |
    (right === undefined ? 0 : 0x40) |
    (key === undefined ? 0 : 0x20);
  encoding.writeUint8(encoder, content.ref | flags);
  if (origin !== undefined) writeId(encoder, origin);
  if (right !== undefined) writeId(encoder, right);
  if (origin === undefined && right === undefined) {
    if (typeof parent === 'object') {
      encoding.writeVarUint(encoder, 0);
      writeId(encoder, parent);
    } else {
      encoding.writeVarUint(encoder, 1);
      encoding.writeVarString(encoder, parent ?? 'evil');
    }
    if (key !== undefined) encoding.writeVarString(encoder, key);
  }
  content.write(encoder);
}

function writeId(encoder: encoding.Encoder, { client, clock }: Id): void {
  encoding.writeVarUint(encoder, client);
  encoding.writeVarUint(encoder, clock);
}

/** An item with a text, at the start of a root unless it says otherwise. */
export function textItem(
  text: string,
  place: { readonly origin?: Id; readonly right?: Id; readonly parent?: string | Id } = {},
): Struct {
  return { type: 'item', payload: payload.text(text), ...place };
}
