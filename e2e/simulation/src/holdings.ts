import type { Content, Range } from './content.ts';

/** Which clocks of which clients are there, and which are deleted: kept without Yjs, which is what is being tested. */
export class Holdings {
  readonly #ends = new Map<number, number>();
  readonly #deleted = new Map<number, [number, number][]>();

  /** The next clock of a client. */
  end(client: number): number {
    return this.#ends.get(client) ?? 0;
  }

  add(content: Content): void {
    for (const { client, clock, length } of content.inserts) {
      this.#ends.set(client, Math.max(this.end(client), clock + length));
    }
    for (const range of content.deletes) this.#delete(range);
  }

  /** Whether all of it is here. */
  hold(content: Content): boolean {
    return (
      content.inserts.every(({ client, clock, length }) => clock + length <= this.end(client)) &&
      content.deletes.every((range) => this.deleted(range))
    );
  }

  deleted({ client, clock, length }: Range): boolean {
    let at = clock;
    for (const [from, to] of this.#deleted.get(client) ?? []) {
      if (from > at) break;
      if (to > at) at = to;
      if (at >= clock + length) return true;
    }
    return at >= clock + length;
  }

  #delete({ client, clock, length }: Range): void {
    const ranges = this.#deleted.get(client) ?? [];
    const merged: [number, number][] = [];
    let [from, to] = [clock, clock + length];
    for (const range of ranges) {
      if (range[1] < from || range[0] > to) {
        merged.push(range);
      } else {
        from = Math.min(from, range[0]);
        to = Math.max(to, range[1]);
      }
    }
    merged.push([from, to]);
    merged.sort((a, b) => a[0] - b[0]);
    this.#deleted.set(client, merged);
  }
}
