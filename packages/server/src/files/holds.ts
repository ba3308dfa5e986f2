/**
 * Files that something is being done with, by name: a file that is being brought or named must not be swept away between
 * the look at it and the commit that names it, and one that is being removed is not there any more.
 */
export class Holds {
  readonly #held = new Map<string, number>();
  readonly #going = new Map<string, Promise<void>>();

  /** Does something while none of these goes. */
  async during<T>(names: readonly string[], run: () => Promise<T>): Promise<T> {
    for (const name of names) this.#held.set(name, (this.#held.get(name) ?? 0) + 1);
    try {
      await Promise.all(names.map(async (name) => this.#going.get(name)));
      return await run();
    } finally {
      for (const name of names) {
        const left = (this.#held.get(name) ?? 1) - 1;
        if (left > 0) this.#held.set(name, left);
        else this.#held.delete(name);
      }
    }
  }

  /** Removes something, unless somebody holds it: then it does nothing. Whoever wants it meanwhile waits. */
  async remove(name: string, run: () => Promise<void>): Promise<void> {
    if (this.#held.has(name) || this.#going.has(name)) return;
    const going = run().finally(() => this.#going.delete(name));
    // Who waits wants to know only that it is over.
    this.#going.set(
      name,
      going.catch(() => undefined),
    );
    await going;
  }
}
