import * as Y from 'yjs';
import type { Lookup, Placed } from './lookup.ts';
import { areApart, boundsOf, originAt } from './neighbours.ts';
import type { Steps } from './steps.ts';

/** A stretch of an item in a list. `undefined` neighbours are those of the document, and not looked up yet. */
interface Node {
  readonly item: Y.Item;
  readonly clock: number;
  end: number;
  left: Node | null | undefined;
  right: Node | null | undefined;
}

/**
 * The lists of a document as they will be with an update in them, worked out beside it: nothing of the document is
 * touched, and nothing of it is looked at but what stands near to what is new. New items are handed in in an order in
 * which each comes behind all that it leans on; they go where Yjs puts them.
 */
export class Draft {
  readonly #lookup: Lookup;
  readonly #steps: Steps;
  readonly #nodes = new Map<Y.Item, Node[]>();
  readonly #starts = new Map<string, Node | null>();

  constructor(lookup: Lookup, steps: Steps) {
    this.#lookup = lookup;
    this.#steps = steps;
  }

  /** Whether the neighbours that an item names can be told to be forged. It is not in the draft yet. */
  isForged(item: Y.Item, known: number): boolean {
    const origin = originAt(item, item.id.clock + known);
    const { rightOrigin } = item;
    const left = origin === null ? null : this.#lookup.placed(origin);
    const right = rightOrigin === null ? null : this.#lookup.placed(rightOrigin);
    // Collected, or leaning on what was.
    if (left === undefined || right === undefined) return false;
    if (this.#isGone(left) || this.#isGone(right)) return false;
    if (areApart(this.#lookup, left, right)) return true;
    const bounds = boundsOf(this.#lookup, left, right);
    const end = right === null ? null : this.#starting(right);
    const start = left === null ? this.#startOf(item) : this.#rightOf(this.#ending(left));
    for (let at = start; at !== end; at = this.#rightOf(at)) {
      // The right neighbour lies left of the left one.
      if (at === null) return true;
      if (bounds.some((bound) => holds(at, bound))) return true;
      if (!this.#steps.take()) return false;
    }
    return false;
  }

  /** Puts an item where it will be. */
  place(item: Y.Item, known: number): void {
    // Nothing is ever between the values of a key.
    if (this.#lookup.keyed(item)) return;
    const clock = item.id.clock + known;
    const origin = originAt(item, clock);
    const left = origin === null ? null : this.#lookup.placed(origin);
    const right = item.rightOrigin === null ? null : this.#lookup.placed(item.rightOrigin);
    if (left === undefined || right === undefined) return;
    if (this.#isGone(left) || this.#isGone(right)) return;
    const node: Node = {
      item,
      clock,
      end: item.id.clock + item.length,
      left: undefined,
      right: undefined,
    };
    const end = right === null ? null : this.#starting(right);
    let at = left === null ? null : this.#ending(left);
    const passed = new Set<Node>();
    const rivals = new Set<Node>();
    // The same steps as in Yjs's own `Item.integrate`.
    for (
      let other = at === null ? this.#startOf(item) : this.#rightOf(at);
      other !== null && other !== end;
      other = this.#rightOf(other)
    ) {
      if (!this.#steps.take()) return;
      passed.add(other);
      rivals.add(other);
      const others = originAt(other.item, other.clock);
      if (Y.compareIDs(origin, others)) {
        if (other.item.id.client < item.id.client) {
          at = other;
          rivals.clear();
        } else if (Y.compareIDs(item.rightOrigin, other.item.rightOrigin)) break;
      } else {
        const holder = others === null ? undefined : this.#holding(others);
        if (holder === undefined || !passed.has(holder)) break;
        if (!rivals.has(holder)) {
          at = other;
          rivals.clear();
        }
      }
    }
    this.#link(node, at);
    this.#nodes.set(item, [node]);
  }

  #link(node: Node, left: Node | null): void {
    const right = left === null ? this.#startOf(node.item) : this.#rightOf(left);
    node.left = left;
    node.right = right;
    if (right !== null) right.left = node;
    if (left === null) this.#starts.set(this.#lookup.listOf(node.item) ?? '', node);
    else left.right = node;
  }

  /** Whether a new item is in no list: something that it leans on was collected, or it is under a key. */
  #isGone(place: Placed | null): boolean {
    return place !== null && place.fresh && !this.#nodes.has(place.item);
  }

  #startOf(item: Y.Item): Node | null {
    const list = this.#lookup.listOf(item) ?? '';
    const known = this.#starts.get(list);
    if (known !== undefined) return known;
    const first = this.#lookup.typeOf(item)?._start ?? null;
    const start = first === null ? null : this.#first(first);
    this.#starts.set(list, start);
    return start;
  }

  #rightOf(node: Node): Node | null {
    if (node.right !== undefined) return node.right;
    const right = node.item.right === null ? null : this.#first(node.item.right);
    node.right = right;
    if (right !== null) right.left = node;
    return right;
  }

  #piecesOf(item: Y.Item): Node[] {
    const known = this.#nodes.get(item);
    if (known !== undefined) return known;
    const { clock } = item.id;
    const whole = { item, clock, end: clock + item.length, left: undefined, right: undefined };
    const made: Node[] = [whole];
    this.#nodes.set(item, made);
    return made;
  }

  /** The first stretch of an item. */
  #first(item: Y.Item): Node {
    return at(this.#piecesOf(item), 0);
  }

  /** The stretch that holds an id, where its item is in a list here. */
  #holding(id: Y.ID): Node | undefined {
    const place = this.#lookup.placed(id);
    if (place === undefined || this.#isGone(place)) return undefined;
    const pieces = this.#piecesOf(place.item);
    return at(pieces, indexOf(pieces, id.clock));
  }

  /** The stretch that ends with a place. */
  #ending({ item, clock }: Placed): Node {
    const pieces = this.#piecesOf(item);
    const index = indexOf(pieces, clock);
    this.#split(pieces, index, clock + 1);
    return at(pieces, index);
  }

  /** The stretch that begins with a place. */
  #starting({ item, clock }: Placed): Node {
    const pieces = this.#piecesOf(item);
    const index = indexOf(pieces, clock);
    return this.#split(pieces, index, clock) ? at(pieces, index + 1) : at(pieces, index);
  }

  /** @returns whether there are two now */
  #split(pieces: Node[], index: number, clock: number): boolean {
    const node = at(pieces, index);
    if (clock <= node.clock || clock >= node.end) return false;
    const { item, end, right } = node;
    const rest: Node = { item, clock, end, left: node, right };
    if (right !== undefined && right !== null) right.left = rest;
    node.end = clock;
    node.right = rest;
    // A long list of stretches is moved for each new one.
    this.#steps.take(pieces.length >> 6);
    pieces.splice(index + 1, 0, rest);
    return true;
  }
}

function holds({ item, clock, end }: Node, place: Placed): boolean {
  return item === place.item && place.clock >= clock && place.clock < end;
}

/** The stretch that holds a clock; all of them together hold it. */
function indexOf(pieces: readonly Node[], clock: number): number {
  let low = 0;
  let high = pieces.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (at(pieces, middle).clock > clock) high = middle - 1;
    else low = middle;
  }
  return low;
}

function at(pieces: readonly Node[], index: number): Node {
  const node = pieces[index];
  if (node === undefined) throw new RangeError(`No stretch ${index}.`);
  return node;
}
