import type { ErrorCode } from '@weft/protocol';
import * as Y from 'yjs';
import type { DocumentLimits } from './limits.ts';
import { Lookup } from './lookup.ts';
import { judgeNeighbours } from './neighbours.ts';
import { type DecodedUpdate, type Queued, type QueuedTail, knownClock } from './update.ts';

/** Which top-level types a kind of document may have; `undefined` allows any. */
export type RootRule = ReadonlySet<string> | undefined;

export interface Rules {
  readonly limits: DocumentLimits;
  readonly roots: RootRule;
}

/** The key that reaches an object's prototype when a reader turns a map into an object by assignment. */
const PROTOTYPE_KEY = '__proto__';

/** Depth of plain JSON within one value. */
const VALUE_DEPTH_MAX = 64;

/** Caps that need no look at the document: before anything that costs more than decoding. */
export function judgeSize(update: DecodedUpdate, limits: DocumentLimits): ErrorCode | undefined {
  if (update.structs.length > limits.structs) return 'update-too-large';
  const clients = new Set<number>();
  for (const { id } of update.structs) clients.add(id.client);
  if (clients.size > limits.clients || update.deletes.size > limits.clients) {
    return 'update-too-large';
  }
  let ranges = 0;
  for (const each of update.deletes.values()) ranges += each.length;
  return ranges > limits.deleteRanges ? 'update-too-large' : undefined;
}

/** What the judge makes of an update's new structs. */
export type Verdict =
  | { readonly verdict: 'refused'; readonly code: ErrorCode }
  /** It leans on what is on its way to the log: there is no saying before that is committed. */
  | { readonly verdict: 'waits' }
  /** `queued` is what is on its way once this is too. */
  | { readonly verdict: 'fine'; readonly queued: Queued };

/** Looks for the rule that the new structs of an update break. Its dependencies are met already (`examine`). */
export function judgeStructs(
  doc: Y.Doc,
  queued: Queued,
  update: DecodedUpdate,
  rules: Rules,
): Verdict {
  const advanced = new Map<number, number>();
  const lookup = new Lookup(doc, update, queued);
  const known = (client: number) => knownClock(doc, queued, client);
  const last = new Map<number, DecodedUpdate['structs'][number]>();
  for (const struct of update.structs) {
    const { client, clock } = struct.id;
    const fresh = clock + struct.length - Math.max(known(client), clock);
    if (fresh <= 0) continue;
    last.set(client, struct);
    const advance = (advanced.get(client) ?? 0) + fresh;
    advanced.set(client, advance);
    const code =
      advance > rules.limits.clockAdvance
        ? 'clock-jump'
        : judgeStruct(struct, fresh, lookup, rules);
    if (lookup.waits) return { verdict: 'waits' };
    if (code !== undefined) return { verdict: 'refused', code };
  }
  return { verdict: 'fine', queued: queueWith(doc, queued, last, lookup) };
}

function judgeStruct(
  struct: DecodedUpdate['structs'][number],
  fresh: number,
  lookup: Lookup,
  rules: Rules,
): ErrorCode | undefined {
  if (!(struct instanceof Y.Item)) return undefined;
  return (
    judgeNames(struct, rules) ??
    judgeContent(struct.content) ??
    judgeKeyed(struct, fresh, lookup) ??
    judgeDepth(struct, lookup, rules.limits.nesting) ??
    judgeNeighbours(lookup, struct, struct.length - fresh)
  );
}

/** What is on its way, with an update's last structs. */
function queueWith(
  doc: Y.Doc,
  queued: Queued,
  structs: ReadonlyMap<number, DecodedUpdate['structs'][number]>,
  lookup: Lookup,
): Queued {
  const tails = new Map<number, QueuedTail>();
  for (const [client, tail] of queued) {
    if (tail.end > Y.getState(doc.store, client)) tails.set(client, tail);
  }
  for (const [client, struct] of structs) {
    const last = struct instanceof Y.Skip ? undefined : struct;
    const named = last instanceof Y.Item ? lookup.named(last) : undefined;
    tails.set(client, { end: struct.id.clock + struct.length, last, named });
  }
  return tails;
}

function judgeNames(item: Y.Item, { limits, roots }: Rules): ErrorCode | undefined {
  // Before integration a root parent is its name; the types know only what comes after.
  const parent: unknown = item.parent;
  if (typeof parent === 'string') {
    if (parent === PROTOTYPE_KEY) return 'key-forbidden';
    if (parent.length > limits.keyLength) return 'update-too-large';
    if (roots !== undefined && !roots.has(parent)) return 'type-forbidden';
  }
  const key = item.parentSub;
  if (key === null) return undefined;
  if (key === PROTOTYPE_KEY) return 'key-forbidden';
  return key.length > limits.keyLength ? 'update-too-large' : undefined;
}

function judgeContent(content: Y.Item['content']): ErrorCode | undefined {
  if (content instanceof Y.ContentFormat) {
    if (content.key === PROTOTYPE_KEY) return 'key-forbidden';
    return judgeValue(content.value, 0);
  }
  if (content instanceof Y.ContentEmbed) return judgeValue(content.embed, 0);
  if (content instanceof Y.ContentAny || content instanceof Y.ContentJSON) {
    for (const value of content.arr) {
      const broken = judgeValue(value, 0);
      if (broken !== undefined) return broken;
    }
  }
  return undefined;
}

/** lib0 reads `__proto__` by assignment: what it was shows as an object whose prototype is not the usual one. */
function judgeValue(value: unknown, depth: number): ErrorCode | undefined {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return undefined;
  if (depth >= VALUE_DEPTH_MAX) return 'nesting-too-deep';
  if (Array.isArray(value)) {
    for (const each of value) {
      const broken = judgeValue(each, depth + 1);
      if (broken !== undefined) return broken;
    }
    return undefined;
  }
  if (Object.getPrototypeOf(value) !== Object.prototype) return 'key-forbidden';
  for (const [key, each] of Object.entries(value)) {
    if (key === PROTOTYPE_KEY) return 'key-forbidden';
    const broken = judgeValue(each, depth + 1);
    if (broken !== undefined) return broken;
  }
  return undefined;
}

/**
 * A key of a map holds one value; several in one struct read differently before and after they are encoded again. And
 * a struct that the document has a part of must go on where that part ends: what is claimed to follow something else
 * is integrated beside it, in a list of another parent.
 */
function judgeKeyed(item: Y.Item, fresh: number, lookup: Lookup): ErrorCode | undefined {
  const known = item.length - fresh;
  if (known > 0) return lookup.continues(item, known) ? undefined : 'neighbours-forged';
  // Values of one key that were all deleted are one struct.
  if (item.content instanceof Y.ContentDeleted) return undefined;
  return fresh > 1 && lookup.keyed(item) ? 'neighbours-forged' : undefined;
}

function judgeDepth(item: Y.Item, lookup: Lookup, max: number): ErrorCode | undefined {
  if (!(item.content instanceof Y.ContentType)) return undefined;
  return lookup.depth(item, max) > max ? 'nesting-too-deep' : undefined;
}
