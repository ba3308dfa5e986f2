import { type ErrorCode, rangesCover } from '@weft/protocol';
import * as Y from 'yjs';
import { Draft } from './draft.ts';
import type { DocumentLimits } from './limits.ts';
import { Lookup } from './lookup.ts';
import { judgeNeighbours } from './neighbours.ts';
import { inOrder } from './readiness.ts';
import { Steps } from './steps.ts';
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
  let last: number | undefined;
  for (const { id } of update.structs) {
    if (id.client !== last) clients.add(id.client);
    last = id.client;
  }
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
  const lookup = new Lookup(doc, update, queued);
  const steps = new Steps(update.bytes.length);
  /** Items whose neighbours come with the update, and have to be put in place before anything can be said of them. */
  const later = new Set<Y.Item>();
  const last = new Map<number, DecodedUpdate['structs'][number]>();
  let writer: number | undefined;
  let known = 0;
  let advanced = 0;
  for (const struct of update.structs) {
    const { client, clock } = struct.id;
    if (client !== writer) {
      writer = client;
      known = knownClock(doc, queued, client);
      advanced = 0;
    }
    const fresh = clock + struct.length - Math.max(known, clock);
    if (fresh <= 0) continue;
    last.set(client, struct);
    advanced += fresh;
    const code =
      advanced > rules.limits.clockAdvance
        ? 'clock-jump'
        : judgeStruct(struct, fresh, { lookup, rules, update, steps, later });
    if (lookup.waits) return { verdict: 'waits' };
    if (code !== undefined) return { verdict: 'refused', code };
  }
  const clockOf = (client: number) => knownClock(doc, queued, client);
  if (later.size > 0 && hasForged(update, later, lookup, steps, clockOf)) {
    return { verdict: 'refused', code: 'neighbours-forged' };
  }
  return { verdict: 'fine', queued: queueWith(doc, queued, last, lookup) };
}

/** Looks for forged neighbours among items that lean on others of the same update. */
function hasForged(
  update: DecodedUpdate,
  later: ReadonlySet<Y.Item>,
  lookup: Lookup,
  steps: Steps,
  clockOf: (client: number) => number,
): boolean {
  const draft = new Draft(lookup, steps);
  let left = later.size;
  for (const struct of inOrder(update.structs, clockOf) ?? []) {
    if (!(struct instanceof Y.Item)) continue;
    const known = Math.max(0, clockOf(struct.id.client) - struct.id.clock);
    if (known >= struct.length) continue;
    if (later.has(struct)) {
      if (draft.isForged(struct, known)) return true;
      left -= 1;
    }
    if (left === 0 || steps.none) return false;
    draft.place(struct, known);
  }
  return false;
}

/** What every struct of an update is judged with. */
interface Judging {
  readonly lookup: Lookup;
  readonly rules: Rules;
  readonly update: DecodedUpdate;
  readonly steps: Steps;
  /** Takes items of which nothing can be said before they are put in place. */
  readonly later: Set<Y.Item>;
}

function judgeStruct(
  struct: DecodedUpdate['structs'][number],
  fresh: number,
  { lookup, rules, update, steps, later }: Judging,
): ErrorCode | undefined {
  if (!(struct instanceof Y.Item)) return undefined;
  const code =
    judgeNames(struct, rules) ??
    judgeContent(struct.content) ??
    judgeKeyed(struct, fresh, lookup, update) ??
    judgeDepth(struct, lookup, rules.limits.nesting);
  if (code !== undefined) return code;
  const verdict = judgeNeighbours(lookup, struct, struct.length - fresh, steps);
  if (verdict === 'later') later.add(struct);
  return verdict === 'forged' ? 'neighbours-forged' : undefined;
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
 * A key of a map holds one value; several in one struct read differently before and after they are encoded again, unless
 * all of them are deleted with it (former values, which an undo may bring back, are kept in one struct). And a struct that the document has a part of must go on where that part ends: what is claimed to follow something else
 * is integrated beside it, in a list of another parent.
 */
function judgeKeyed(
  item: Y.Item,
  fresh: number,
  lookup: Lookup,
  { deletes }: DecodedUpdate,
): ErrorCode | undefined {
  const known = item.length - fresh;
  const { client, clock } = item.id;
  const deleted =
    item.content instanceof Y.ContentDeleted ||
    (item.length > 1 && rangesCover(deletes.get(client) ?? [], clock + known, fresh));
  if (known > 0) return lookup.continues(item, known, deleted) ? undefined : 'neighbours-forged';
  if (deleted) return undefined;
  return fresh > 1 && lookup.keyed(item) ? 'neighbours-forged' : undefined;
}

function judgeDepth(item: Y.Item, lookup: Lookup, max: number): ErrorCode | undefined {
  if (!(item.content instanceof Y.ContentType)) return undefined;
  return lookup.depth(item, max) > max ? 'nesting-too-deep' : undefined;
}
