import * as encoding from 'lib0/encoding';
import * as Y from 'yjs';
import { rangesCover } from './delete-ranges.ts';
import { type Range, type Run, encodeUpdate, writeStruct } from './encode-update.ts';
import { type Struct, inOrder } from './struct-order.ts';

/** Bytes that one deleted range takes at most: two numbers of up to 2^53. */
const RANGE_BYTES = 16;

/**
 * An update in parts of about `max` bytes, each of which builds on those before it and on nothing behind: so a long
 * time offline is stored step by step, and others' frames pass between the parts. Deletes come last, when all that they
 * delete is there; but for those of former values of a map that are one struct (undo keeps them so), which nobody could
 * tell from several values under one key. A struct that is larger by itself is a part of its own; what cannot be taken apart (clocks with gaps,
 * structs that refer to each other in a circle) stays whole.
 */
export function splitUpdate(update: Uint8Array, max: number): readonly Uint8Array[] {
  if (update.length <= max) return [update];
  const { structs, ds } = Y.decodeUpdate(update);
  const whole = structs.filter((struct) => !(struct instanceof Y.Skip));
  const ordered = whole.length === structs.length ? inOrder(whole) : undefined;
  if (ordered === undefined) return [update];
  return [
    ...portions(ordered, max, sizeOf).map((portion) =>
      encodeUpdate(runsOf(portion), deletesOf(portion, ds.clients)),
    ),
    ...portionsOfDeletes(ds.clients, max).map((deletes) => encodeUpdate([], deletes)),
  ];
}

/** The deletes of those structs of several values that are deleted whole. */
function deletesOf(
  structs: readonly Struct[],
  deletes: ReadonlyMap<number, readonly Range[]>,
): ReadonlyMap<number, readonly Range[]> {
  const found = new Map<number, Range[]>();
  for (const struct of structs) {
    if (!(struct instanceof Y.Item) || struct.length === 1) continue;
    if (!(struct.content instanceof Y.ContentAny || struct.content instanceof Y.ContentJSON)) {
      continue;
    }
    const { client, clock } = struct.id;
    if (!rangesCover(deletes.get(client) ?? [], clock, struct.length)) continue;
    const ranges = found.get(client) ?? [];
    found.set(client, ranges);
    ranges.push({ clock, len: struct.length });
  }
  return found;
}

/** Bytes that a struct takes. */
function sizeOf(struct: Struct): number {
  const encoder = new Y.UpdateEncoderV1();
  writeStruct(encoder, struct);
  return encoding.length(encoder.restEncoder);
}

function portions<T>(items: readonly T[], max: number, sizeOf: (item: T) => number): T[][] {
  const found: T[][] = [];
  let size = Infinity;
  for (const item of items) {
    const more = sizeOf(item);
    if (size + more > max) {
      found.push([]);
      size = 0;
    }
    found.at(-1)?.push(item);
    size += more;
  }
  return found;
}

/** Structs by client; what is in order is without gaps under each of them. */
function runsOf(structs: readonly Struct[]): readonly Run[] {
  const runs = new Map<number, { client: number; clock: number; structs: Struct[] }>();
  for (const struct of structs) {
    const { client, clock } = struct.id;
    const run = runs.get(client);
    if (run === undefined) runs.set(client, { client, clock, structs: [struct] });
    else run.structs.push(struct);
  }
  return [...runs.values()];
}

function portionsOfDeletes(
  deletes: ReadonlyMap<number, readonly Range[]>,
  max: number,
): ReadonlyMap<number, readonly Range[]>[] {
  const all = [...deletes].flatMap(([client, ranges]) =>
    ranges.map((range) => ({ client, range })),
  );
  return portions(all, max, () => RANGE_BYTES).map((portion) => {
    const found = new Map<number, Range[]>();
    for (const { client, range } of portion) {
      const ranges = found.get(client);
      if (ranges === undefined) found.set(client, [range]);
      else ranges.push(range);
    }
    return found;
  });
}
