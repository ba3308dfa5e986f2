import type { ErrorCode } from '@weft/protocol';
import * as Y from 'yjs';
import type { DocumentLimits } from './limits.ts';
import type { DecodedUpdate } from './update.ts';

/** Which top-level types a kind of document may have; `undefined` allows any. */
export type RootRule = ReadonlySet<string> | undefined;

export interface Rules {
  readonly limits: DocumentLimits;
  readonly roots: RootRule;
}

/** The key that reaches an object's prototype when a reader turns a map into an object by assignment. */
const PROTOTYPE_KEY = '__proto__';

/** Items looked at between the two neighbours of an insertion: more is not a sign of anything. */
const NEIGHBOURS_MAX = 1_000;

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

/**
 * The rule that the new structs of an update break, if any. Its dependencies are met already (`examine`).
 * @param known the next clock of a client before the update
 */
export function judgeStructs(
  doc: Y.Doc,
  update: DecodedUpdate,
  known: (client: number) => number,
  rules: Rules,
): ErrorCode | undefined {
  const advanced = new Map<number, number>();
  const lookup = new Lookup(doc, update);
  for (const struct of update.structs) {
    const { client, clock } = struct.id;
    const fresh = clock + struct.length - Math.max(known(client), clock);
    if (fresh <= 0) continue;
    const advance = (advanced.get(client) ?? 0) + fresh;
    advanced.set(client, advance);
    if (advance > rules.limits.clockAdvance) return 'clock-jump';
    if (!(struct instanceof Y.Item)) continue;
    const broken =
      judgeNames(struct, rules) ??
      judgeContent(struct.content) ??
      judgeKeyed(struct, fresh, lookup) ??
      judgeDepth(struct, lookup, rules.limits.nesting) ??
      judgeNeighbours(doc, struct, struct.length - fresh);
    if (broken !== undefined) return broken;
  }
  return undefined;
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

/** Finds where a struct sits, in the update and in the document. */
class Lookup {
  readonly #doc: Y.Doc;
  readonly #own = new Map<number, Y.Item[]>();
  readonly #depths = new Map<Y.Item, number>();
  /** Which item names an item's parent and key: each of a long run would walk back to its beginning. */
  readonly #namedBy = new Map<Y.Item, Y.Item | undefined>();

  constructor(doc: Y.Doc, update: DecodedUpdate) {
    this.#doc = doc;
    for (const struct of update.structs) {
      if (!(struct instanceof Y.Item)) continue;
      const items = this.#own.get(struct.id.client);
      if (items === undefined) this.#own.set(struct.id.client, [struct]);
      else items.push(struct);
    }
  }

  /** How many types an item is in; stops counting above `max`. Iterative: the attack is a deep chain. */
  depth(item: Y.Item, max: number): number {
    const path: Y.Item[] = [];
    let current: Y.Item | undefined = item;
    let base = 0;
    while (current !== undefined) {
      const known = this.#depths.get(current);
      if (known !== undefined) {
        base = known;
        break;
      }
      path.push(current);
      if (path.length > max) return path.length;
      current = this.#holder(current);
    }
    for (const [index, each] of path.toReversed().entries())
      this.#depths.set(each, base + index + 1);
    return base + path.length;
  }

  /** Whether an item is a value under a key. */
  keyed(item: Y.Item): boolean {
    const named = this.#named(item);
    return named !== undefined && named.parentSub !== null;
  }

  /** Whether the document's last struct of the known part is one that the rest can follow. */
  continues(item: Y.Item, known: number): boolean {
    const last = itemAt(this.#doc, Y.createID(item.id.client, item.id.clock + known - 1));
    // Queued or collected: there is nothing to compare with.
    if (last === undefined) return true;
    const named = this.#named(item);
    if (named === undefined || named.parentSub !== last.parentSub) return false;
    if (!(item.content instanceof Y.ContentDeleted)) {
      if (named.parentSub !== null) return false;
      if (!last.deleted && last.content.constructor !== item.content.constructor) return false;
    }
    return this.#typeOf(named.parent) === last.parent;
  }

  /** The type that a parent stands for: itself, a root's name, or the id of the item that holds it. */
  #typeOf(parent: unknown): unknown {
    if (typeof parent === 'string') return this.#doc.share.get(parent);
    if (!(parent instanceof Y.ID)) return parent;
    const holder = itemAt(this.#doc, parent);
    return holder?.content instanceof Y.ContentType ? holder.content.type : undefined;
  }

  /** The item whose type holds this one; `undefined` for a root. */
  #holder(item: Y.Item): Y.Item | undefined {
    const parent: unknown = this.#named(item)?.parent;
    if (parent instanceof Y.ID) return this.#find(parent);
    return parent instanceof Y.AbstractType ? (parent._item ?? undefined) : undefined;
  }

  /** An item names its parent and key, or sits beside a neighbour that does. `undefined` where none is found. */
  #named(item: Y.Item): Y.Item | undefined {
    const path: Y.Item[] = [];
    let found: Y.Item | undefined;
    for (let current: Y.Item | undefined = item; current !== undefined;) {
      if (this.#namedBy.has(current)) {
        found = this.#namedBy.get(current);
        break;
      }
      const parent: unknown = current.parent;
      if (parent !== null) {
        found = current;
        break;
      }
      path.push(current);
      // Neighbours in a circle end here.
      this.#namedBy.set(current, undefined);
      const neighbour: Y.ID | null = current.origin ?? current.rightOrigin;
      current = neighbour === null ? undefined : this.#find(neighbour);
    }
    for (const each of path) this.#namedBy.set(each, found);
    return found;
  }

  #find(id: Y.ID): Y.Item | undefined {
    const own = this.#own.get(id.client) ?? [];
    let low = 0;
    let high = own.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const item = own[middle];
      if (item === undefined) break;
      if (item.id.clock > id.clock) high = middle - 1;
      else if (item.id.clock + item.length <= id.clock) low = middle + 1;
      else return item;
    }
    return itemAt(this.#doc, id);
  }
}

/** The integrated item that holds an id; `undefined` where there is none, or where it was collected. */
function itemAt(doc: Y.Doc, id: Y.ID): Y.Item | undefined {
  if (id.clock >= Y.getState(doc.store, id.client)) return undefined;
  const structs = doc.store.clients.get(id.client);
  if (structs === undefined) return undefined;
  const struct = structs[Y.findIndexSS(structs, id.clock)];
  return struct instanceof Y.Item ? struct : undefined;
}

/**
 * An insertion names the two neighbours that its author saw side by side. When the document shows something between
 * them that the author must have seen (a struct of its own, or one that a neighbour's author wrote before that
 * neighbour), the neighbours are forged: replicas that apply such an item in different orders differ for ever.
 */
function judgeNeighbours(doc: Y.Doc, item: Y.Item, known: number): ErrorCode | undefined {
  const { rightOrigin } = item;
  // What is left of a half-known struct follows its known part, whatever the whole says of its left.
  const origin = known > 0 ? Y.createID(item.id.client, item.id.clock + known - 1) : item.origin;
  if (rightOrigin === null) return undefined;
  const right = itemAt(doc, rightOrigin);
  if (right === undefined) return undefined;
  const left = origin === null ? undefined : itemAt(doc, origin);
  if (origin !== null && left === undefined) return undefined;
  if (left !== undefined && left.parent !== right.parent) return 'neighbours-forged';
  if (left === right) {
    const clocks = (origin?.clock ?? 0) + 1;
    return clocks === rightOrigin.clock ? undefined : 'neighbours-forged';
  }
  const saw = (id: Y.ID, length: number) =>
    [item.id, rightOrigin, ...(origin === null ? [] : [origin])].some(
      (by) => by.client === id.client && id.clock + length <= by.clock,
    );
  // What is left of the neighbours' own structs lies between them too.
  if (rightOrigin.clock > right.id.clock) return 'neighbours-forged';
  let between = left === undefined ? startOf(right) : left.right;
  for (let steps = 0; between !== right; steps += 1) {
    // The right neighbour lies left of the left one.
    if (between === null) return 'neighbours-forged';
    if (steps >= NEIGHBOURS_MAX) return undefined;
    if (saw(between.id, between.length)) return 'neighbours-forged';
    between = between.right;
  }
  return undefined;
}

/** The first item of the list that an item is in. */
function startOf(item: Y.Item): Y.Item | null {
  const parent: unknown = item.parent;
  if (!(parent instanceof Y.AbstractType)) return null;
  return item.parentSub === null ? parent._start : firstOf(item);
}

/** A map's values under one key are a list too, from oldest to newest. */
function firstOf(item: Y.Item): Y.Item {
  let first = item;
  while (first.left !== null) first = first.left;
  return first;
}
