import * as Y from 'yjs';

/** Ranges of clocks by client: what was inserted, and what was deleted. */
type Ranges = Map<number, { from: number; to: number }[]>;

/** Whether all that an update holds is in others taken together. What cannot be read is in none. */
export function covers(others: readonly Uint8Array[], update: Uint8Array): boolean {
  try {
    const inserted: Ranges = new Map();
    const deleted: Ranges = new Map();
    for (const other of others) collect(other, inserted, deleted);
    const wanted: readonly [Ranges, Ranges] = [new Map(), new Map()];
    collect(update, ...wanted);
    return within(wanted[0], inserted) && within(wanted[1], deleted);
  } catch {
    return false;
  }
}

function collect(update: Uint8Array, inserted: Ranges, deleted: Ranges): void {
  const { structs, ds } = Y.decodeUpdate(update);
  for (const struct of structs) {
    if (struct instanceof Y.Skip) continue;
    add(inserted, struct.id.client, struct.id.clock, struct.length);
  }
  for (const [client, ranges] of ds.clients) {
    for (const { clock, len } of ranges) add(deleted, client, clock, len);
  }
}

function add(ranges: Ranges, client: number, from: number, length: number): void {
  const range = { from, to: from + length };
  const known = ranges.get(client);
  if (known === undefined) ranges.set(client, [range]);
  else known.push(range);
}

function within(wanted: Ranges, ranges: Ranges): boolean {
  return [...wanted].every(([client, parts]) => {
    const sorted = (ranges.get(client) ?? []).toSorted((a, b) => a.from - b.from);
    return parts.every(({ from, to }) => {
      let at = from;
      for (const range of sorted) if (range.from <= at && at < range.to) at = range.to;
      return at >= to;
    });
  });
}
