/** A key of the kinds that the stores here use. */
export type SimKey = number | string;

/** One object store: records in the order of their keys. */
export interface SimTable {
  readonly records: Map<SimKey, unknown>;
  readonly autoIncrement: boolean;
  readonly indexes: Set<string>;
  next: number;
}

export function makeTable(autoIncrement: boolean): SimTable {
  return { records: new Map(), autoIncrement, indexes: new Set(), next: 1 };
}

/** Sets or removes a record; returns what undoes it. */
export function change(table: SimTable, key: SimKey, value: unknown): () => void {
  const had = table.records.has(key);
  const before = table.records.get(key);
  if (value === undefined) table.records.delete(key);
  else table.records.set(key, value);
  return () => {
    if (!had) table.records.delete(key);
    else if (value !== undefined) table.records.set(key, before);
    else restore(table, key, before);
  };
}

/** Puts a record back to where its key belongs. */
function restore(table: SimTable, key: SimKey, value: unknown): void {
  const all = [...table.records, [key, value] as const].toSorted(([a], [b]) => compare(a, b));
  table.records.clear();
  for (const [each, kept] of all) table.records.set(each, kept);
}

/** The key under which an index lists a record: the property of its own name. */
export function indexKey(value: unknown, index: string): string | undefined {
  if (typeof value !== 'object' || value === null || !(index in value)) return undefined;
  const key: unknown = Object.entries(value).find(([name]) => name === index)?.[1];
  return typeof key === 'string' ? key : undefined;
}

/** A copy, as a database makes one: what is changed later in the original is not changed in it. */
export function copied(value: unknown): unknown {
  if (value instanceof Uint8Array) return value.slice();
  if (Array.isArray(value)) return value.map(copied);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, copied(each)]));
}

export function compare(a: SimKey, b: SimKey): number {
  if (typeof a !== typeof b) return typeof a === 'number' ? -1 : 1;
  return a < b ? -1 : Number(a > b);
}
