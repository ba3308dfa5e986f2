import {
  type ChangeEntry,
  type Marks,
  type Message,
  SEGMENT_SIZE,
  type StoredItem,
  messageSchema,
  segmentOf,
  storedItem,
} from '@weft/protocol';
import * as v from 'valibot';
import { firstOf } from './segments.ts';

interface Made {
  readonly from: readonly unknown[];
  readonly item: StoredItem;
}

/** The messages of a conversation that are in memory, by sequence: whole segments of them, and what is made of each. */
export class Messages {
  readonly bySequence = new Map<number, Message>();
  readonly #byId = new Map<string, number>();
  /** By segment. */
  readonly #counts = new Map<number, number>();
  /** An item is one object for as long as it says the same: what shows it need not be drawn again. */
  readonly #items = new Map<number, Made>();

  /** Takes in messages. What fits no schema, or lies where it does not belong, is no message. Returns those that are. */
  read(segment: number, keys: Iterable<string>, get: (key: string) => unknown): readonly Message[] {
    const read: Message[] = [];
    for (const key of keys) {
      const parsed = v.safeParse(messageSchema, get(key));
      if (!parsed.success) continue;
      const message = parsed.output;
      const { sequence } = message;
      if (String(sequence) !== key || segmentOf(sequence) !== segment) continue;
      if (!this.bySequence.has(sequence)) {
        this.#counts.set(segment, this.count(segment) + 1);
      }
      this.bySequence.set(sequence, message);
      this.#byId.set(message.id, sequence);
      read.push(message);
    }
    return read;
  }

  /** How many of a segment are here. */
  count(segment: number): number {
    return this.#counts.get(segment) ?? 0;
  }

  sequenceOf(id: string): number | undefined {
    return this.#byId.get(id);
  }

  /** The sequence with which the gap-free run begins that ends with this one. */
  runTo(last: number): number {
    let first = last;
    while (this.bySequence.has(first - 1)) {
      const before = segmentOf(first - 1);
      first = this.count(before) === SEGMENT_SIZE ? firstOf(before) : first - 1;
    }
    return first;
  }

  /** @param changes of this device to it */
  item(
    sequence: number,
    marks: Marks,
    changes: readonly ChangeEntry[],
    me: string,
  ): StoredItem | undefined {
    const message = this.bySequence.get(sequence);
    if (message === undefined) return undefined;
    const from = [message, marks.reactions.get(sequence), marks.pins.get(sequence), me, ...changes];
    const known = this.#items.get(sequence);
    if (known?.from.length === from.length && known.from.every((each, at) => each === from[at])) {
      return known.item;
    }
    const item = storedItem(message, marks, changes, me);
    this.#items.set(sequence, { from, item });
    return item;
  }

  drop(segment: number): void {
    for (let at = firstOf(segment); at < firstOf(segment + 1); at += 1) {
      const message = this.bySequence.get(at);
      if (message === undefined) continue;
      this.bySequence.delete(at);
      this.#items.delete(at);
      if (this.#byId.get(message.id) === at) this.#byId.delete(message.id);
    }
    this.#counts.delete(segment);
  }

  clear(): void {
    this.bySequence.clear();
    this.#byId.clear();
    this.#counts.clear();
    this.#items.clear();
  }
}
