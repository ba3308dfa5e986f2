import * as Y from 'yjs';
import { type DecodedUpdate, type Queued, type QueuedTail, knownClock } from './update.ts';

/** Finds where a struct sits, in the update and in the document. */
export class Lookup {
  readonly #doc: Y.Doc;
  readonly #queued: Queued;
  readonly #own = new Map<number, Y.Item[]>();
  readonly #depths = new Map<Y.Item, number>();
  /** Which item names an item's parent and key: each of a long run would walk back to its beginning. */
  readonly #namedBy = new Map<Y.Item, Y.Item | undefined>();

  /** Names of integrated types. */
  readonly #names = new Map<unknown, string>();
  #waits = false;

  constructor(doc: Y.Doc, update: DecodedUpdate, queued: Queued) {
    this.#doc = doc;
    this.#queued = queued;
    for (const struct of update.structs) {
      if (!(struct instanceof Y.Item)) continue;
      const items = this.#own.get(struct.id.client);
      if (items === undefined) this.#own.set(struct.id.client, [struct]);
      else items.push(struct);
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

  /** Whether a client has structs on their way to the log: then there is no saying yet. */
  onItsWay(client: number): boolean {
    const waits = (this.#queued.get(client)?.end ?? 0) > Y.getState(this.#doc.store, client);
    if (waits) this.#waits = true;
    return waits;
  }

  /** The item that names an item's parent and key: itself, or one that it sits beside. */
  named(item: Y.Item): Y.Item | undefined {
    return this.#named(item);
  }

  /**
   * Whether an item goes on right behind the struct that its client wrote before it, which is new in the same update or
   * on the way, and before the same right neighbour. That struct was judged to be between the two; its author has written
   * nothing since, so nothing of theirs can lie between its last character and that neighbour: whatever does was not seen.
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
   * Names the list that an item is in: a type and a key in it. `undefined` where it is not known, since something that
   * the item leans on was collected.
   */
  listOf(id: Y.ID): string | undefined {
    const item = this.#find(id);
    const named = item === undefined ? undefined : this.#named(item);
    if (named === undefined) return undefined;
    const type = this.#nameOf(named.parent);
    // Only a name of a root can hold what separates the two, and then a key follows the last one.
    return named.parentSub === null ? type : `${type}\u0000${named.parentSub}`;
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
    const last = this.integrated(Y.createID(item.id.client, item.id.clock + known - 1));
    // Collected: there is nothing to compare with.
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
      if (neighbour === null) break;
      const tail = this.#tailWith(neighbour);
      if (tail?.named !== undefined) {
        found = tail.named;
        break;
      }
      current = this.#find(neighbour);
    }
    for (const each of path) this.#namedBy.set(each, found);
    return found;
  }

  #find(id: Y.ID): Y.Item | undefined {
    return this.#ownAt(id) ?? this.integrated(id);
  }

  /** The update's own item that holds an id. */
  #ownAt(id: Y.ID): Y.Item | undefined {
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
    return undefined;
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

/** The integrated item that holds an id; `undefined` where there is none, or where it was collected. */
function itemAt(doc: Y.Doc, id: Y.ID): Y.Item | undefined {
  if (id.clock >= Y.getState(doc.store, id.client)) return undefined;
  const structs = doc.store.clients.get(id.client);
  if (structs === undefined) return undefined;
  const struct = structs[Y.findIndexSS(structs, id.clock)];
  return struct instanceof Y.Item ? struct : undefined;
}
