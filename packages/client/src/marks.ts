import {
  type ChangeAction,
  FIRST_SEGMENT,
  type Marks,
  PINS_ROOT,
  type Pin,
  REACTIONS_ROOT,
  type Reaction,
  parseReactionKey,
  pinSchema,
  reactionKey,
  reactionSchema,
} from '@weft/protocol';
import * as v from 'valibot';
import type * as Y from 'yjs';

interface Given {
  readonly person: string;
  readonly emoji: string;
  readonly event: number;
}

/** What stands beside the messages of a conversation: reactions and pins, read off its segments as they change. */
export class MarkReader implements Marks {
  readonly reactions = new Map<number, readonly Reaction[]>();
  readonly pins = new Map<number, Pin>();
  /** What the first segment says, where pins are; and what others say, where servers before version 9 wrote them. */
  readonly #listed = new Map<number, Pin>();
  readonly #beside = new Map<number, Pin>();
  /** By sequence, then by key: from which the lists above are made. */
  readonly #given = new Map<number, Map<string, Given>>();

  /** Reads a segment, and again whatever changes in it. Returns the end of it. */
  watch(segment: number, doc: Y.Doc, changed: () => void): () => void {
    const found = segment === FIRST_SEGMENT ? this.#listed : this.#beside;
    const reactions = doc.getMap<unknown>(REACTIONS_ROOT);
    const pins = doc.getMap<unknown>(PINS_ROOT);
    const onReactions = (event: { readonly keysChanged: ReadonlySet<string> }) => {
      this.#readReactions(event.keysChanged, (key) => reactions.get(key));
      changed();
    };
    const onPins = (event: { readonly keysChanged: ReadonlySet<string> }) => {
      this.#readPins(found, event.keysChanged, (key) => pins.get(key));
      changed();
    };
    reactions.observe(onReactions);
    pins.observe(onPins);
    this.#readReactions(reactions.keys(), (key) => reactions.get(key));
    this.#readPins(found, pins.keys(), (key) => pins.get(key));
    return () => {
      reactions.unobserve(onReactions);
      pins.unobserve(onPins);
    };
  }

  /** Whether the effect of an event, of this person's, is here. */
  has(action: ChangeAction, me: string, event: number): boolean {
    const { type, sequence } = action;
    switch (type) {
      case 'react':
      case 'unreact': {
        const given = this.#given.get(sequence)?.get(reactionKey(sequence, me, action.emoji));
        return type === 'react' ? (given?.event ?? 0) >= event : (given?.event ?? event) >= event;
      }
      case 'pin':
      case 'unpin': {
        const pin = this.pins.get(sequence);
        return type === 'pin' ? (pin?.event ?? 0) >= event : (pin?.event ?? event) >= event;
      }
      case 'edit':
      case 'delete':
        return false;
      default: {
        const unreachable: never = type;
        return unreachable;
      }
    }
  }

  /** Forgets what a segment says that is not here any more, of these sequences; the first one is always here. */
  forget(first: number, last: number): void {
    for (let sequence = first; sequence <= last; sequence += 1) {
      this.reactions.delete(sequence);
      this.#beside.delete(sequence);
      this.#tellPin(sequence);
      this.#given.delete(sequence);
    }
  }

  clear(): void {
    this.reactions.clear();
    this.pins.clear();
    this.#listed.clear();
    this.#beside.clear();
    this.#given.clear();
  }

  #readReactions(keys: Iterable<string>, get: (key: string) => unknown): void {
    const touched = new Set<number>();
    for (const key of keys) {
      const named = parseReactionKey(key);
      if (named === undefined) continue;
      const { sequence, person, emoji } = named;
      const value = v.safeParse(reactionSchema, get(key));
      const given = this.#given.get(sequence) ?? new Map<string, Given>();
      this.#given.set(sequence, given);
      if (value.success) given.set(key, { person, emoji, event: value.output.event });
      else given.delete(key);
      touched.add(sequence);
    }
    for (const sequence of touched) {
      const list = listOf(this.#given.get(sequence)?.values() ?? []);
      if (list.length === 0) this.reactions.delete(sequence);
      else this.reactions.set(sequence, list);
    }
  }

  #readPins(found: Map<number, Pin>, keys: Iterable<string>, get: (key: string) => unknown): void {
    for (const key of keys) {
      const sequence = Number(key);
      const pin = v.safeParse(pinSchema, get(key));
      if (pin.success && Number.isSafeInteger(sequence)) found.set(sequence, pin.output);
      else found.delete(sequence);
      this.#tellPin(sequence);
    }
  }

  #tellPin(sequence: number): void {
    const pin = this.#listed.get(sequence) ?? this.#beside.get(sequence);
    if (pin === undefined) this.pins.delete(sequence);
    else this.pins.set(sequence, pin);
  }
}

/** Reactions in the order in which they were first given, and people in theirs: the same on every device. */
function listOf(given: Iterable<Given>): readonly Reaction[] {
  const people = new Map<string, string[]>();
  for (const { emoji, person } of [...given].toSorted((a, b) => a.event - b.event)) {
    const found = people.get(emoji);
    if (found === undefined) people.set(emoji, [person]);
    else found.push(person);
  }
  return [...people].map(([emoji, each]) => ({ emoji, people: each }));
}
