import * as Y from 'yjs';
import { type DecodedUpdate, type Queued, type QueuedTail, knownClock } from './update.ts';

/** Where an id is. */
export interface Placed {
  readonly item: Y.Item;
  /** Of the id, which need not be the item's first. */
  readonly clock: number;
  /** Whether it is in the update alone. */
  readonly fresh: boolean;
}

/** Finds where a struct sits, in the update and in the document. */
export class Lookup {
  readonly #doc: Y.Doc;
  readonly #queued: Queued;
  readonly #own = new Map<number, Own>();
  readonly #depths = new Map<Y.Item, number>();
  /** Names of integrated types. */
  readonly #names = new Map<unknown, string>();
  #waits = false;

  constructor(doc: Y.Doc, update: DecodedUpdate, queued: Queued) {
    this.#doc = doc;
    this.#queued = queued;
    let writer: number | undefined;
    let own: Own = { items: [], clocks: [], named: [], at: 0 };
    for (const struct of update.structs) {
      if (!(struct instanceof Y.Item)) continue;
      if (struct.id.client !== writer) {
        writer = struct.id.client;
        own = { items: [], clocks: [], named: [], at: 0 };
        this.#own.set(writer, own);
      }
      own.items.push(struct);
      own.clocks.push(struct.id.clock);
      own.named.push(undefined);
    }
  }

  /**
   * Whether something was asked for that is on its way to the log: where it sits is known once it is committed, and
   * what was answered without it means nothing.
   */
  get waits(): boolean {
    return this.#waits;
  }

  /** The integrated item that holds an id; `undefined` where there is none, or where it was collected. */
  integrated(id: Y.ID): Y.Item | undefined {
    const found = itemAt(this.#doc, id);
    if (found === undefined && this.#onItsWay(id)) this.#waits = true;
    return found;
  }

  /**
   * Where an id is: in an item of the document, or in one that is new with the update. `undefined` where there is none,
   * where it was collected, and where it is on its way.
   */
  placed(id: Y.ID): Placed | undefined {
    const fresh = id.clock >= this.#knownTo(id.client);
    const item = fresh ? this.#ownAt(id) : this.integrated(id);
    return item === undefined ? undefined : { item, clock: id.clock, fresh };
  }

  /** Whether the document had what an id names, and has only its length left. */
  isCollected(id: Y.ID): boolean {
    return id.clock < Y.getState(this.#doc.store, id.client) && itemAt(this.#doc, id) === undefined;
  }

  /** Whether no type around an item is deleted, as far as that is known: `false` where it is not. */
  isShown(item: Y.Item): boolean {
    for (let current = item; ;) {
      const parent: unknown = this.#named(current)?.parent;
      if (typeof parent === 'string') return true;
      if (parent instanceof Y.AbstractType && parent._item === null) return true;
      const holder = this.#holder(current);
      if (holder === undefined || holder.deleted) return false;
      current = holder;
    }
  }

  /** The item that names an item's parent and key: itself, or one that it sits beside. */
  named(item: Y.Item): Y.Item | undefined {
    return this.#named(item);
  }

  /**
   * Whether an item goes on right behind the struct that its client wrote before it, which is new in the same update or
   * on the way, and before the same right neighbour: that struct was judged.
   */
  goesOn(item: Y.Item): boolean {
    const { origin, rightOrigin, id } = item;
    if (origin === null || origin.client !== id.client || origin.clock !== id.clock - 1)
      return false;
    const before = this.#ownAt(origin);
    // One that is known already is not judged: an update may say of it what it likes.
    if (before !== undefined && before.id.clock >= this.#knownTo(id.client)) {
      return Y.compareIDs(before.rightOrigin, rightOrigin);
    }
    const tail = this.#queued.get(id.client);
    if (tail?.end !== id.clock || !(tail.last instanceof Y.Item)) return false;
    return Y.compareIDs(tail.last.rightOrigin, rightOrigin);
  }

  /**
   * Whether two items are in different lists, a list being a type and a key in it. `false` where it is not known, since
   * something that one of them leans on was collected.
   */
  inTwoLists(one: Y.ID, other: Y.ID): boolean {
    const [ours, theirs] = [this.#namedAt(one), this.#namedAt(other)];
    if (ours === theirs || ours === undefined || theirs === undefined) return false;
    if (ours.parentSub !== theirs.parentSub) return true;
    const [type, theirType] = [this.#nameOf(ours.parent), this.#nameOf(theirs.parent)];
    return type !== undefined && theirType !== undefined && type !== theirType;
  }

  /** A name for the list that an item is in; `undefined` where it is not known. */
  listOf(item: Y.Item): string | undefined {
    const named = this.#named(item);
    const type = named === undefined ? undefined : this.#nameOf(named.parent);
    return type === undefined ? undefined : `${type} ${JSON.stringify(named?.parentSub)}`;
  }

  /** The document's type that an item is in; `undefined` where that is new. */
  typeOf(item: Y.Item): Y.AbstractType<unknown> | undefined {
    const named = this.#named(item);
    const type = named === undefined ? undefined : this.#typeOf(named.parent);
    return type instanceof Y.AbstractType ? type : undefined;
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

  /**
   * Whether the document's last struct of the known part is one that the rest can follow.
   * @param deleted whether all of the rest comes deleted
   */
  continues(item: Y.Item, known: number, deleted: boolean): boolean {
    const last = this.integrated(Y.createID(item.id.client, item.id.clock + known - 1));
    // Collected: there is nothing to compare with.
    if (last === undefined) return true;
    const named = this.#named(item);
    if (named === undefined || named.parentSub !== last.parentSub) return false;
    if (!deleted && named.parentSub !== null) return false;
    const whole = item.content instanceof Y.ContentDeleted || last.deleted;
    if (!whole && last.content.constructor !== item.content.constructor) return false;
    return this.#typeOf(named.parent) === last.parent;
  }

  /** The type that a parent stands for: itself, a root's name, or the id of the item that holds it. */
  #typeOf(parent: unknown): unknown {
    if (typeof parent === 'string') return this.#doc.share.get(parent);
    if (!(parent instanceof Y.ID)) return parent;
    const holder = this.integrated(parent);
    return holder?.content instanceof Y.ContentType ? holder.content.type : undefined;
  }

  /** One name for each type, however a struct names it: a root's own, or the id of the item that holds it. */
  #nameOf(parent: unknown): string | undefined {
    if (typeof parent === 'string') return `root ${parent}`;
    if (parent instanceof Y.ID) return `item ${parent.client}:${parent.clock}`;
    if (!(parent instanceof Y.AbstractType)) return undefined;
    const known = this.#names.get(parent);
    if (known !== undefined) return known;
    const holder = parent._item;
    const name =
      holder === null
        ? `root ${Y.findRootTypeKey(parent)}`
        : `item ${holder.id.client}:${holder.id.clock}`;
    this.#names.set(parent, name);
    return name;
  }

  /** The item whose type holds this one; `undefined` for a root. */
  #holder(item: Y.Item): Y.Item | undefined {
    const parent: unknown = this.#named(item)?.parent;
    if (parent instanceof Y.ID) return this.#find(parent);
    return parent instanceof Y.AbstractType ? (parent._item ?? undefined) : undefined;
  }

  #namedAt(id: Y.ID): Y.Item | undefined {
    const item = this.#find(id);
    return item === undefined ? undefined : this.#named(item);
  }

  /** An item names its parent and key, or sits beside a neighbour that does. `undefined` where none is found. */
  #named(item: Y.Item): Y.Item | undefined {
    const path: { readonly own: Own; readonly index: number }[] = [];
    let found: Y.Item | undefined;
    for (let current: Y.Item | undefined = item; current !== undefined;) {
      const parent: unknown = current.parent;
      if (parent !== null) {
        found = current;
        break;
      }
      const own = this.#own.get(current.id.client);
      const index = own === undefined ? -1 : indexOf(own, current.id.clock);
      if (own === undefined || index === -1) break;
      const known = own.named[index];
      if (known !== undefined) {
        found = known ?? undefined;
        break;
      }
      path.push({ own, index });
      // Neighbours in a circle end here.
      own.named[index] = null;
      const neighbour: Y.ID | null = current.origin ?? current.rightOrigin;
      if (neighbour === null) break;
      const tail = this.#tailWith(neighbour);
      if (tail?.named !== undefined) {
        found = tail.named;
        break;
      }
      current = this.#find(neighbour);
    }
    for (const { own, index } of path) own.named[index] = found ?? null;
    return found;
  }

  #find(id: Y.ID): Y.Item | undefined {
    return this.#ownAt(id) ?? this.integrated(id);
  }

  /** The update's own item that holds an id. */
  #ownAt(id: Y.ID): Y.Item | undefined {
    const own = this.#own.get(id.client);
    return own === undefined ? undefined : own.items[indexOf(own, id.clock)];
  }

  /** The next clock of a client, with what is on its way. */
  #knownTo(client: number): number {
    return knownClock(this.#doc, this.#queued, client);
  }

  #onItsWay({ client, clock }: Y.ID): boolean {
    return (
      clock >= Y.getState(this.#doc.store, client) && clock < (this.#queued.get(client)?.end ?? 0)
    );
  }

  /** The last struct that a client has on the way, if an id lies in it. */
  #tailWith(id: Y.ID): QueuedTail | undefined {
    const tail = this.#queued.get(id.client);
    const last = tail?.last;
    const within = last !== undefined && id.clock >= last.id.clock && this.#onItsWay(id);
    return within ? tail : undefined;
  }
}

/** What an update brings of one client. */
interface Own {
  /** In the order of their clocks. */
  readonly items: Y.Item[];
  /** Of each item: looking for one must not touch them all, which lie about in memory. */
  readonly clocks: number[];
  /**
   * Which item names parent and key of each: each of a long run would walk back to its beginning. `null` for one that
   * leads nowhere, `undefined` for one that was not asked for.
   */
  readonly named: (Y.Item | null | undefined)[];
  /** Where the last one was found: mostly the next one is asked for. */
  at: number;
}

/** Which item of an update holds a clock; -1 for none. */
function indexOf(own: Own, clock: number): number {
  const { items, clocks } = own;
  let low = 0;
  let high = clocks.length - 1;
  const hint = own.at;
  if ((clocks[hint] ?? Infinity) <= clock) {
    low = hint;
    if ((clocks[hint + 2] ?? Infinity) > clock) high = Math.min(high, hint + 1);
  }
  // The last one that does not begin behind it.
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((clocks[middle] ?? Infinity) > clock) high = middle - 1;
    else low = middle;
  }
  const item = items[low];
  if (item === undefined || item.id.clock > clock || clock >= item.id.clock + item.length)
    return -1;
  own.at = low;
  return low;
}

/** The integrated item that holds an id; `undefined` where there is none, or where it was collected. */
function itemAt(doc: Y.Doc, id: Y.ID): Y.Item | undefined {
  if (id.clock >= Y.getState(doc.store, id.client)) return undefined;
  const structs = doc.store.clients.get(id.client);
  if (structs === undefined) return undefined;
  const struct = structs[Y.findIndexSS(structs, id.clock)];
  return struct instanceof Y.Item ? struct : undefined;
}
