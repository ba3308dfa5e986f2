import * as v from 'valibot';

/** A shared type as a tree: what is in its list, text in runs of equal formatting, and what is under its keys. */
export interface Tree {
  readonly kind: string;
  readonly list: readonly Entry[];
  readonly map: Readonly<Record<string, Entry>>;
}

/** One of text, value and node; `marks` is its formatting. */
export interface Entry {
  readonly text?: string | undefined;
  readonly value?: unknown;
  readonly node?: Tree | undefined;
  readonly marks?: string | undefined;
}

export type Content = Readonly<Record<string, Tree>>;

const entrySchema: v.GenericSchema<Entry> = v.object({
  text: v.optional(v.string()),
  value: v.optional(v.unknown()),
  node: v.optional(v.lazy(() => treeSchema)),
  marks: v.optional(v.string()),
});
const treeSchema: v.GenericSchema<Tree> = v.object({
  kind: v.string(),
  list: v.array(entrySchema),
  map: v.record(v.string(), entrySchema),
});

const operationSchema = v.object({
  /** UTC milliseconds of its replica's clock. */
  at: v.number(),
  by: v.picklist(['local', 'remote']),
  paths: v.array(v.string()),
  inserted: v.array(
    v.object({ client: v.number(), from: v.number(), to: v.number(), text: v.string() }),
  ),
  deleted: v.number(),
});
export type Operation = v.InferOutput<typeof operationSchema>;

export const contentSchema = v.record(v.string(), treeSchema);

/** What a page's probe says of one document. */
export const replicaSchema = v.object({
  name: v.string(),
  content: contentSchema,
  clocks: v.record(v.string(), v.number()),
  /** Whether it holds what builds on what it lacks. */
  pending: v.boolean(),
  operations: v.array(operationSchema),
});
export type Replica = v.InferOutput<typeof replicaSchema>;

/** One place where two replicas differ. */
export interface Difference {
  readonly path: string;
  /** What is there, or nothing. */
  readonly one: string | undefined;
  readonly other: string | undefined;
}

/** @returns at most `limit` places, in document order; none where the contents are equal */
export function differences(one: Content, other: Content, limit = 5): readonly Difference[] {
  const found: Difference[] = [];
  const add = (path: string, left: unknown, right: unknown) => {
    if (found.length < limit) found.push({ path, one: shown(left), other: shown(right) });
  };
  const trees = (path: string, left: Tree, right: Tree) => {
    if (left.kind !== right.kind) {
      add(`${path} (kind)`, left.kind, right.kind);
      return;
    }
    for (let at = 0; at < Math.max(left.list.length, right.list.length); at += 1) {
      entries(`${path}/${at}`, left.list[at], right.list[at]);
      if (found.length >= limit) return;
    }
    for (const key of new Set([...Object.keys(left.map), ...Object.keys(right.map)])) {
      entries(`${path}/${key}`, left.map[key], right.map[key]);
    }
  };
  const entries = (path: string, left: Entry | undefined, right: Entry | undefined) => {
    if (left?.node !== undefined && right?.node !== undefined) {
      const kind = left.node.kind === '' ? '' : `:${left.node.kind}`;
      trees(`${path}${kind}`, left.node, right.node);
      if (left.marks !== right.marks) add(`${path} (formatting)`, left.marks, right.marks);
      return;
    }
    if (JSON.stringify(left) !== JSON.stringify(right)) add(path, left, right);
  };
  for (const name of new Set([...Object.keys(one), ...Object.keys(other)])) {
    const [left, right] = [one[name], other[name]];
    if (left !== undefined && right !== undefined) trees(name, left, right);
    else add(name, left, right);
  }
  return found;
}

/** A value in a message: text as text, all else as JSON, and not more of it than can be read. */
function shown(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  const text = JSON.stringify(
    typeof value === 'object' && value !== null && 'text' in value && !('marks' in value)
      ? value.text
      : value,
  );
  return text.length <= 200
    ? text
    : `${text.slice(0, 120)}… (${text.length} characters) …${text.slice(-60)}`;
}

/** An operation in one line. */
export function operationLine({ at, by, paths, inserted, deleted }: Operation): string {
  const added = inserted.map(({ client, from, to, text }) => {
    const what = text === '' ? '' : ` ${JSON.stringify(text)}`;
    return `+${client}:${from}–${to - 1}${what}`;
  });
  const removed = deleted === 0 ? [] : [`−${deleted}`];
  const time = new Date(at).toISOString().slice(11, 23);
  return `${time} ${by} ${[...added, ...removed].join(' ')} in ${paths.join(', ')}`;
}
