import * as Y from 'yjs';
import { inOrder } from './struct-order.ts';

/**
 * The text that an update brings, in reading order as well as the update alone tells: what it was written into is not
 * in it. Lines are blocks of a page and values of maps; text that the update itself deletes again is left out. Empty
 * when there is none, or when the update cannot be read.
 */
export function readableText(update: Uint8Array): string {
  let decoded: ReturnType<typeof Y.decodeUpdate>;
  try {
    decoded = Y.decodeUpdate(update);
  } catch {
    // What cannot be decoded has no text; its bytes are what there is to keep.
    return '';
  }
  const reading = new Reading((id) => Y.isDeleted(decoded.ds, id));
  const items = decoded.structs.filter((struct) => struct instanceof Y.Item);
  for (const struct of inOrder(items) ?? items) if (struct instanceof Y.Item) reading.add(struct);
  return reading.text();
}

/** A stretch of one item, in a doubly linked list of what reads on after it. */
interface Piece {
  readonly client: number;
  readonly clock: number;
  length: number;
  readonly item: Y.Item;
  readonly offset: number;
  previous: Piece | undefined;
  next: Piece | undefined;
  /** The list that it begins, where it begins one. */
  readonly list: List;
}

interface List {
  first: Piece | undefined;
  /** The type that it is in: an item of this update, a name, or unknown. */
  readonly parent: string | undefined;
}

const nameOf = (id: Y.ID) => `${id.client}:${id.clock}`;

class Reading {
  readonly #deleted: (id: Y.ID) => boolean;
  /** Pieces by client, in the order of their clocks. */
  readonly #pieces = new Map<number, Piece[]>();
  readonly #lists: List[] = [];
  readonly #lines: string[] = [''];

  constructor(deleted: (id: Y.ID) => boolean) {
    this.#deleted = deleted;
  }

  add(item: Y.Item): void {
    const left = item.origin && this.#endingAt(item.origin);
    const right = item.rightOrigin && this.#startingAt(item.rightOrigin);
    const list = left?.list ?? right?.list ?? this.#newList(item);
    const piece: Piece = {
      client: item.id.client,
      clock: item.id.clock,
      length: item.length,
      item,
      offset: 0,
      previous: left ?? right?.previous,
      next: left ? left.next : (right ?? undefined),
      list,
    };
    if (piece.previous === undefined) list.first = piece;
    else piece.previous.next = piece;
    if (piece.next !== undefined) piece.next.previous = piece;
    const own = this.#pieces.get(piece.client);
    if (own === undefined) this.#pieces.set(piece.client, [piece]);
    else own.push(piece);
  }

  text(): string {
    for (const list of this.#lists) {
      const inside = list.parent !== undefined && this.#isPiece(list.parent);
      if (inside) continue;
      this.#line();
      this.#read(list);
    }
    return this.#lines.filter((line) => line !== '').join('\n');
  }

  #newList(item: Y.Item): List {
    const parent: unknown = item.parent;
    const name = parent instanceof Y.ID ? nameOf(parent) : undefined;
    const list: List = { first: undefined, parent: name };
    this.#lists.push(list);
    return list;
  }

  /** Whether a name is that of a type which this update brings itself. */
  #isPiece(name: string): boolean {
    const [client, clock] = name.split(':').map(Number);
    return this.#find(client ?? 0, clock ?? 0) !== undefined;
  }

  #read(list: List): void {
    for (let piece = list.first; piece !== undefined; piece = piece.next) this.#readPiece(piece);
  }

  #readPiece(piece: Piece): void {
    const { item, offset, length } = piece;
    const { content } = item;
    if (content instanceof Y.ContentString) {
      let visible = '';
      for (let at = 0; at < length; at += 1) {
        const gone = this.#deleted(Y.createID(piece.client, piece.clock + at));
        if (!gone) visible += content.str.charAt(offset + at);
      }
      this.#say(visible);
    } else if (this.#deleted(item.id)) {
      return;
    } else if (content instanceof Y.ContentType) {
      // A block of a page begins a line; the text inside it goes on in it.
      if (content.type instanceof Y.XmlElement || content.type instanceof Y.Map) this.#line();
      const name = nameOf(item.id);
      for (const inner of this.#lists) {
        if (inner.parent !== name || inner.first === undefined) continue;
        const isAttribute = inner.first.item.parentSub !== null;
        if (!isAttribute || !(content.type instanceof Y.XmlElement)) this.#read(inner);
      }
      if (content.type instanceof Y.XmlElement) this.#line();
    } else if (content instanceof Y.ContentAny || content instanceof Y.ContentJSON) {
      for (const value of content.arr) {
        if (typeof value !== 'string') continue;
        this.#line();
        this.#say(value);
        this.#line();
      }
    }
  }

  #line(): void {
    if (this.#lines.at(-1) !== '') this.#lines.push('');
  }

  #say(text: string): void {
    this.#lines.push((this.#lines.pop() ?? '') + text);
  }

  /** The piece that ends with this id, cut where it does not end there. */
  #endingAt(id: Y.ID): Piece | undefined {
    const piece = this.#find(id.client, id.clock);
    if (piece !== undefined) this.#cut(piece, id.clock + 1 - piece.clock);
    return piece;
  }

  #startingAt(id: Y.ID): Piece | undefined {
    const piece = this.#find(id.client, id.clock);
    if (piece === undefined) return undefined;
    return this.#cut(piece, id.clock - piece.clock) ?? piece;
  }

  /** Cuts a piece in two; returns the second, or nothing where there is nothing to cut. */
  #cut(piece: Piece, at: number): Piece | undefined {
    if (at <= 0 || at >= piece.length) return undefined;
    const rest: Piece = {
      ...piece,
      clock: piece.clock + at,
      length: piece.length - at,
      offset: piece.offset + at,
      previous: piece,
    };
    if (piece.next !== undefined) piece.next.previous = rest;
    piece.next = rest;
    piece.length = at;
    const own = this.#pieces.get(piece.client) ?? [];
    own.splice(own.indexOf(piece) + 1, 0, rest);
    return rest;
  }

  #find(client: number, clock: number): Piece | undefined {
    const own = this.#pieces.get(client) ?? [];
    let low = 0;
    let high = own.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const piece = own[middle];
      if (piece === undefined) break;
      if (piece.clock > clock) high = middle - 1;
      else if (piece.clock + piece.length <= clock) low = middle + 1;
      else return piece;
    }
    return undefined;
  }
}
