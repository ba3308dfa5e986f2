import type { DatabaseSync } from 'node:sqlite';
import { integer } from './rows.ts';

/** A stream within the transaction that is under way. */
export interface StreamHead {
  readonly id: number;
  /** Number of its newest record. */
  head: number;
}

/**
 * The streams that one transaction touches, each read once and its head written once: of a document that many type in,
 * a commit holds dozens of records. Nobody else writes meanwhile, since the transaction has the write lock.
 */
export class StreamHeads {
  readonly #select;
  readonly #insert;
  readonly #update;
  readonly #known = new Map<string, StreamHead>();
  readonly #moved = new Set<StreamHead>();

  constructor(db: DatabaseSync) {
    this.#select = db.prepare('SELECT id, head FROM streams WHERE name = ?');
    this.#insert = db.prepare('INSERT INTO streams (name, head) VALUES (?, 0) RETURNING id');
    this.#update = db.prepare('UPDATE streams SET head = ? WHERE id = ?');
  }

  /** A transaction begins: what an earlier one left may have been rolled back. */
  begin(): void {
    this.#known.clear();
    this.#moved.clear();
  }

  find(name: string): StreamHead | undefined {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const row = this.#select.get(name);
    return row === undefined
      ? undefined
      : this.#keep(name, { id: integer(row, 'id'), head: integer(row, 'head') });
  }

  /** Finds a stream, or begins one. */
  open(name: string): StreamHead {
    return (
      this.find(name) ??
      this.#keep(name, { id: integer(this.#insert.get(name) ?? {}, 'id'), head: 0 })
    );
  }

  /** Takes the next number of a stream. */
  next(stream: StreamHead): number {
    stream.head += 1;
    this.#moved.add(stream);
    return stream.head;
  }

  /** Writes the heads that moved: right before the commit. */
  write(): void {
    for (const { id, head } of this.#moved) this.#update.run(head, id);
  }

  #keep(name: string, stream: StreamHead): StreamHead {
    this.#known.set(name, stream);
    return stream;
  }
}
