/** Writes to one document, or commands to one conversation, that are not known to be stored. */
export interface Unstored {
  readonly name: string;
  readonly writes: number;
}

/**
 * What was read from sockets and has no answer yet: what a server must finish before it ends. Once it is ending, what
 * failed is remembered too, so that it can say what it leaves unstored.
 */
export class Outstanding {
  readonly #open = new Map<string, number>();
  readonly #failed = new Map<string, number>();
  #ending = false;

  /** A write was read. Call what is returned once, with what became of it. */
  begin(name: string): (outcome: 'answered' | 'failed') => void {
    add(this.#open, name, 1);
    return (outcome) => {
      add(this.#open, name, -1);
      if (outcome === 'failed' && this.#ending) add(this.#failed, name, 1);
    };
  }

  /** From now on failures are remembered: nobody will be there to come back to. */
  end(): void {
    this.#ending = true;
  }

  /** What is not known to be stored, sorted by name. */
  get list(): readonly Unstored[] {
    const counts = new Map(this.#failed);
    for (const [name, writes] of this.#open) add(counts, name, writes);
    return [...counts]
      .map(([name, writes]) => ({ name, writes }))
      .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }
}

function add(counts: Map<string, number>, name: string, change: number): void {
  const count = (counts.get(name) ?? 0) + change;
  if (count === 0) counts.delete(name);
  else counts.set(name, count);
}
