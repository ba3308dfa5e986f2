import * as Y from 'yjs';
import { type Range, encodeUpdate } from './encode-update.ts';
import { type Struct, inOrder, references } from './struct-order.ts';

/**
 * Makes unsent work again under another client id. A client's clocks have no gaps: when one change of it is refused,
 * or its id turns out to be somebody else's, none of what followed can be stored as it is. Here the same content gets
 * new ids, dense from a clock on, and whatever refers to it (origins, parents, deletes) follows.
 */
export class Reidentifier {
  readonly #client: number;
  readonly #target: Y.Doc;
  readonly #moved: Moved = new Map();
  #next: number;

  /**
   * @param client the id to write under from now on
   * @param target where the work is to go, and nothing else is written meanwhile: what is in it keeps its ids
   */
  constructor(client: number, target: Y.Doc) {
    this.#client = client;
    this.#target = target;
    this.#next = Y.getState(target.store, client);
  }

  /**
   * The update under new ids; updates are handed in in the order in which they were made. Structs that are known where
   * it goes are left out. Empty (`0, 0`) when nothing is left; `undefined`, and nothing counts as made again, when it
   * cannot be read or builds on something that is nowhere: that was neither made again nor is it known.
   * @param taken ids may be somebody else's: what is known under them may be something else, and is looked at
   */
  again(update: Uint8Array, taken = false): Uint8Array | undefined {
    const decoded = decode(update);
    if (decoded === undefined) return undefined;
    const fresh = taken
      ? decoded.structs.filter((struct) => !holds(this.#target, struct))
      : decode(this.#cut(update, decoded.structs))?.structs;
    const structs = fresh && inOrder(fresh.filter(isStruct));
    if (structs === undefined) return undefined;
    const made: Moved = new Map();
    let clock = this.#next;
    for (const struct of structs) {
      note(made, struct.id, struct.length, clock);
      clock += struct.length;
    }
    const locate = (id: Y.ID): Y.ID | undefined => {
      const moved = find(made, id) ?? find(this.#moved, id);
      if (moved !== undefined) return Y.createID(this.#client, moved);
      return id.clock < this.#known(id.client) ? id : undefined;
    };
    for (const struct of structs) if (!relocate(struct, locate)) return undefined;
    for (const [client, ranges] of made) {
      for (const { clock, len, to } of ranges)
        note(this.#moved, Y.createID(client, clock), len, to);
    }
    const runs = structs.length === 0 ? [] : [{ client: this.#client, clock: this.#next, structs }];
    const bytes = encodeUpdate(runs, this.#deletes(decoded.deletes));
    this.#next = clock;
    return bytes;
  }

  #known(client: number): number {
    return Y.getState(this.#target.store, client);
  }

  /** The update without the structs that are known. */
  #cut(update: Uint8Array, structs: readonly { readonly id: Y.ID }[]): Uint8Array {
    const clocks = new Map<number, number>();
    for (const { id } of structs) clocks.set(id.client, this.#known(id.client));
    return Y.diffUpdate(update, Y.encodeStateVector(clocks));
  }

  /** Where deleted ranges are now. Deleting what is nowhere needs no doing. */
  #deletes(deletes: ReadonlyMap<number, readonly Range[]>): ReadonlyMap<number, Range[]> {
    const found = new Map<number, Range[]>();
    const add = (client: number, range: Range) => {
      if (range.len > 0) found.set(client, [...(found.get(client) ?? []), range]);
    };
    for (const [client, ranges] of deletes) {
      const moved = this.#moved.get(client) ?? [];
      for (const { clock, len } of ranges) {
        const end = clock + len;
        // What was made again comes first: under an id that is somebody else's, the same clocks are two things.
        const own = moved.filter((range) => range.clock < end && range.clock + range.len > clock);
        for (const range of own) {
          const from = Math.max(clock, range.clock);
          const to = Math.min(end, range.clock + range.len);
          add(this.#client, { clock: range.to + from - range.clock, len: to - from });
        }
        let at = clock;
        for (const range of own.toSorted((a, b) => a.clock - b.clock)) {
          add(client, below(at, range.clock, this.#known(client)));
          at = Math.max(at, range.clock + range.len);
        }
        add(client, below(at, end, this.#known(client)));
      }
    }
    return found;
  }
}

/**
 * Whether a document has the very structs of an update, and not others under their ids. Only where two wrote under one
 * client id is that another question than whether it has those ids.
 */
export function hasStructs(doc: Y.Doc, update: Uint8Array): boolean {
  return (
    decode(update)
      ?.structs.filter(isStruct)
      .every((struct) => holds(doc, struct)) ?? false
  );
}

/** Old client id → ranges of its clocks, with the new clock of each one's start. */
type Moved = Map<number, { readonly clock: number; len: number; readonly to: number }[]>;

function note(moved: Moved, id: Y.ID, len: number, to: number): void {
  const ranges = moved.get(id.client);
  const last = ranges?.at(-1);
  if (ranges === undefined) moved.set(id.client, [{ clock: id.clock, len, to }]);
  // Somebody who types goes on where they were: one range, however many changes.
  else if (last && last.clock + last.len === id.clock && last.to + last.len === to) last.len += len;
  else ranges.push({ clock: id.clock, len, to });
}

function find(moved: Moved, id: Y.ID): number | undefined {
  const range = moved
    .get(id.client)
    ?.findLast(({ clock, len }) => clock <= id.clock && id.clock < clock + len);
  return range && range.to + id.clock - range.clock;
}

/** Whether a document has this very struct, and not another one under its id. */
function holds(doc: Y.Doc, struct: Y.Item | Y.GC | Y.Skip): boolean {
  const { client, clock } = struct.id;
  if (clock + struct.length > Y.getState(doc.store, client)) return false;
  const structs = doc.store.clients.get(client) ?? [];
  const known = structs[Y.findIndexSS(structs, clock)];
  // What was collected cannot be told apart any more.
  if (!(known instanceof Y.Item) || !(struct instanceof Y.Item)) return true;
  const offset = clock - known.id.clock;
  const origin = offset > 0 ? Y.createID(client, clock - 1) : known.origin;
  if (!Y.compareIDs(origin, struct.origin)) return false;
  const [theirs, ours] = [known.content, struct.content];
  return theirs instanceof Y.ContentString && ours instanceof Y.ContentString
    ? theirs.str.slice(offset).startsWith(ours.str.charAt(0))
    : theirs instanceof Y.ContentDeleted || theirs.constructor === ours.constructor;
}

function below(from: number, to: number, limit: number): Range {
  return { clock: from, len: Math.max(0, Math.min(to, limit) - from) };
}

function decode(update: Uint8Array):
  | {
      readonly structs: readonly (Y.Item | Y.GC | Y.Skip)[];
      readonly deletes: ReadonlyMap<number, readonly Range[]>;
    }
  | undefined {
  try {
    const { structs, ds } = Y.decodeUpdate(update);
    return { structs, deletes: ds.clients };
  } catch {
    // Whatever the decoder met, nothing can be made again of it.
    return undefined;
  }
}

function isStruct(struct: Y.Item | Y.GC | Y.Skip): struct is Struct {
  return !(struct instanceof Y.Skip);
}

/** Points a decoded struct at where its neighbours are now. @returns whether all of them are somewhere */
function relocate(struct: Struct, locate: (id: Y.ID) => Y.ID | undefined): boolean {
  if (!(struct instanceof Y.Item)) return true;
  const [origin, rightOrigin, parent] = references(struct).map((id) =>
    id === null ? null : locate(id),
  );
  if (origin === undefined || rightOrigin === undefined || parent === undefined) return false;
  struct.origin = origin;
  struct.rightOrigin = rightOrigin;
  if (parent !== null) struct.parent = parent;
  return true;
}
