/**
 * What clients were told, kept outside of everything under test. Writes are reported as stored by count, in the order
 * in which a client made them in a document; messages by id, with their place.
 */
export class Ledger {
  readonly #writes = new Map<string, Writes>();
  readonly #messages = new Map<string, Map<string, number>>();
  readonly #sent = new Map<string, Map<string, string>>();
  readonly #watchers = new Set<() => void>();
  #reports = 0;

  /** Reports of something newly stored so far. */
  get reports(): number {
    return this.#reports;
  }

  /** An author is about to make a write. @returns its mark, which occurs nowhere else */
  write(document: string, author: string): string {
    const writes = this.#of(document, author);
    const mark = `${author}.${writes.marks.length + 1}`;
    writes.marks.push(mark);
    return mark;
  }

  /** So many of an author's writes in a document are not known to be stored; the rest is. */
  waiting(document: string, author: string, count: number): void {
    const writes = this.#of(document, author);
    const stored = writes.marks.length - count;
    if (stored <= writes.stored) return;
    writes.stored = stored;
    this.#report();
  }

  /** A message was handed to a client, which keeps it from now on. */
  sent(conversation: string, id: string, text: string): void {
    inner(this.#sent, conversation).set(id, text);
  }

  /** A client shows a message as stored. @throws Error when it was shown at another place before (law C2) */
  stored(conversation: string, id: string, sequence: number): void {
    const places = inner(this.#messages, conversation);
    const before = places.get(id);
    if (before === sequence) return;
    if (before !== undefined) throw new Error(`message ${id} was ${before}, and is ${sequence}`);
    places.set(id, sequence);
    this.#report();
  }

  /** Resolves when there have been so many reports. */
  async reported(count: number): Promise<void> {
    while (this.#reports < count) {
      await new Promise<void>((resolve) => {
        this.#watchers.add(resolve);
      });
    }
  }

  /** What was reported up to now; later reports do not change it. */
  get now(): LedgerNow {
    const documents = new Map<string, DocumentNow>();
    for (const [key, { marks, stored }] of this.#writes) {
      const [document = ''] = key.split(' ');
      const known = documents.get(document) ?? { made: [], stored: [] };
      documents.set(document, {
        made: [...known.made, ...marks],
        stored: [...known.stored, ...marks.slice(0, stored)],
      });
    }
    return {
      documents,
      messages: new Map([...this.#messages].map(([id, places]) => [id, new Map(places)])),
      sent: new Map([...this.#sent].map(([id, texts]) => [id, new Map(texts)])),
    };
  }

  #of(document: string, author: string): Writes {
    const key = `${document} ${author}`;
    const known = this.#writes.get(key) ?? { marks: [], stored: 0 };
    this.#writes.set(key, known);
    return known;
  }

  #report(): void {
    this.#reports += 1;
    const watchers = [...this.#watchers];
    this.#watchers.clear();
    for (const tell of watchers) tell();
  }
}

interface Writes {
  readonly marks: string[];
  stored: number;
}

interface DocumentNow {
  /** Marks of all writes that anybody made. */
  readonly made: readonly string[];
  /** Marks of those that were reported as stored. */
  readonly stored: readonly string[];
}

/** A moment of a ledger. */
export interface LedgerNow {
  readonly documents: ReadonlyMap<string, DocumentNow>;
  /** By conversation: id → sequence of what was shown as stored. */
  readonly messages: ReadonlyMap<string, ReadonlyMap<string, number>>;
  /** By conversation: id → text of everything that was handed to a client. */
  readonly sent: ReadonlyMap<string, ReadonlyMap<string, string>>;
}

function inner<V>(outer: Map<string, Map<string, V>>, key: string): Map<string, V> {
  const known = outer.get(key) ?? new Map<string, V>();
  outer.set(key, known);
  return known;
}
