import type { History } from '@weft/client';
import type { TimelineItem } from '@weft/protocol';
import { type MessageRow, rowOf } from './group-messages.ts';

interface Made {
  readonly before: TimelineItem | undefined;
  readonly reply: unknown;
  readonly row: MessageRow;
}

/** Rows that were made, for the next moment of the same list and viewer. */
export type RowsMade = WeakMap<TimelineItem, Made>;

export interface RowsOptions {
  readonly me: { readonly sub: string; readonly name: string };
  readonly dayOf: (at: number) => string;
}

/**
 * The rows of a conversation of any length, made when they are asked for: place `i` holds sequence `i + 1`, and what
 * waits stands behind the last of them. So no message ever moves to another place when older ones arrive.
 */
export class Rows {
  readonly count: number;
  readonly #history: History;
  readonly #options: RowsOptions;
  /** A row is one object while it says the same: its line is not drawn again. */
  readonly #made: RowsMade;

  constructor(history: History, options: RowsOptions, made: RowsMade) {
    this.#history = history;
    this.#options = options;
    this.#made = made;
    this.count = history.length + history.waiting.length;
  }

  item(index: number): TimelineItem | undefined {
    const { length, waiting } = this.#history;
    return index < length ? this.#history.at(index + 1) : waiting[index - length];
  }

  /**
   * @param alone whether a row is shown also where the one before it is not here. Whether it opens a day cannot be told
   *   then, and it would move when the other one comes.
   */
  row(index: number, alone: boolean): MessageRow | undefined {
    const item = this.item(index);
    if (item === undefined) return undefined;
    const before = index === 0 ? undefined : this.item(index - 1);
    if (before === undefined && index > 0 && !alone) return undefined;
    const find = (sequence: number) => this.#history.at(sequence)?.message;
    const reply =
      item.state === 'stored' && item.message.reply !== undefined
        ? find(item.message.reply)
        : undefined;
    const known = this.#made.get(item);
    if (known?.before === before && known?.reply === reply && known !== undefined) return known.row;
    const row = rowOf(item, before, this.#options.me, find, this.#options.dayOf);
    this.#made.set(item, { before, reply, row });
    return row;
  }

  /** The place of a message, by its id where it is here, or by its sequence. */
  indexOf(message: string | number): number | undefined {
    const { length, waiting } = this.#history;
    if (typeof message === 'number') {
      return message >= 1 && message <= length ? message - 1 : undefined;
    }
    const sequence = this.#history.sequenceOf(message);
    if (sequence !== undefined) return sequence - 1;
    const waits = waiting.findIndex(({ id }) => id === message);
    return waits < 0 ? undefined : length + waits;
  }

  /** The place of the first message of somebody else behind a sequence; one that is not here may be anybody's. */
  firstNew(after: number): number | undefined {
    for (let sequence = after + 1; sequence <= this.#history.length; sequence += 1) {
      const message = this.#history.at(sequence)?.message;
      if (message === undefined) return sequence - 1;
      const own = message.author === this.#options.me.sub;
      if (!own && message.membership === undefined) return sequence - 1;
    }
    return undefined;
  }
}
