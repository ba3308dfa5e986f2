import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Uploads,
  allStored,
  disconnected,
  forgotten,
  found,
  made,
  refusedWrite,
  sent,
  sentAll,
  startUploads,
  storedUpTo,
  waiting,
} from '../src/index.ts';
import { seeded } from './seeded.ts';

type Answer =
  | { readonly type: 'stored'; readonly n: number }
  | { readonly type: 'refused'; readonly n: number };

/**
 * A device, a wire and a server, as the machine meets them. It knows by itself which changes each write carries and
 * which the server committed; the machine is only asked.
 */
class World {
  uploads: Uploads = startUploads(0);
  committed = new Set<number>();
  #changes = 0;
  /** Changes up to this one left on the present socket. */
  #written: number | undefined;
  #connected = false;
  #numbers = 0;
  #up: { readonly n: number; readonly changes: readonly number[] }[] = [];
  #down: Answer[] = [];

  get changes(): number {
    return this.#changes;
  }

  get connected(): boolean {
    return this.#connected;
  }

  edit(count: number): void {
    this.#changes += count;
    this.uploads = made(this.uploads, count);
  }

  /** A socket opens, the server tells its state vector, and the difference leaves, in one write or in several. */
  full(parts = 1): void {
    this.#connected = true;
    const changes = Array.from({ length: this.#changes }, (_, i) => i + 1).filter(
      (change) => !this.committed.has(change),
    );
    for (let part = 0; part < parts; part += 1) {
      this.#write(changes.filter((_, index) => index % parts === part));
    }
    this.uploads = sentAll(this.uploads, parts);
  }

  /** What was made since leaves. */
  single(): void {
    if (!this.#connected || this.#written === undefined) return;
    const from = this.#written;
    const changes = Array.from({ length: this.#changes - from }, (_, i) => from + i + 1);
    this.#write(changes);
    this.uploads = sent(this.uploads);
  }

  /** The server takes the oldest write that has arrived. */
  serve(accept: boolean): void {
    const write = this.#up.shift();
    if (write === undefined) return;
    if (accept) for (const change of write.changes) this.committed.add(change);
    this.#down.push({ type: accept ? 'stored' : 'refused', n: write.n });
  }

  /** The oldest answer arrives; `skip` leaves out those before the newest of a run, as the server may. */
  hear(skip: boolean): void {
    while (skip && this.#down[0]?.type === 'stored' && this.#down[1]?.type === 'stored') {
      this.#down.shift();
    }
    const answer = this.#down.shift();
    if (answer === undefined) return;
    this.uploads =
      answer.type === 'stored'
        ? storedUpTo(this.uploads, answer.n)
        : refusedWrite(this.uploads, answer.n);
  }

  /** The socket dies. The server may still have taken some of what was on its way. */
  cut(taken: number): void {
    for (let i = 0; i < taken; i += 1) this.serve(true);
    this.#connected = false;
    this.#written = undefined;
    this.#numbers = 0;
    this.#up = [];
    this.#down = [];
    this.uploads = disconnected(this.uploads);
  }

  /** The server comes back from an old backup. */
  restore(): void {
    this.cut(0);
    this.committed = new Set();
    this.uploads = forgotten(this.uploads);
  }

  settle(): void {
    while (this.#up.length > 0) this.serve(true);
    while (this.#down.length > 0) this.hear(false);
  }

  #write(changes: readonly number[]): void {
    this.#numbers += 1;
    this.#up.push({ n: this.#numbers, changes });
    this.#written = this.#changes;
  }
}

const step: fc.Arbitrary<(world: World) => void> = fc.oneof(
  { weight: 5, arbitrary: fc.integer({ min: 1, max: 5 }).map((n) => (w: World) => w.edit(n)) },
  { weight: 3, arbitrary: fc.integer({ min: 1, max: 3 }).map((n) => (w: World) => w.full(n)) },
  { weight: 6, arbitrary: fc.constant((w: World) => w.single()) },
  { weight: 6, arbitrary: fc.constant((w: World) => w.serve(true)) },
  { weight: 2, arbitrary: fc.constant((w: World) => w.serve(false)) },
  { weight: 6, arbitrary: fc.boolean().map((skip) => (w: World) => w.hear(skip)) },
  { weight: 1, arbitrary: fc.nat({ max: 3 }).map((n) => (w: World) => w.cut(n)) },
  { weight: 1, arbitrary: fc.constant((w: World) => w.restore()) },
);

describe('uploads', () => {
  it('[D2] never reads stored before every change is committed, whatever is lost or refused', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60, size: 'max' }), (steps) => {
        const world = new World();
        for (const take of steps) {
          take(world);
          const open = world.changes - world.committed.size;
          expect(waiting(world.uploads)).toBeGreaterThanOrEqual(open);
          const ends = world.uploads.refused.flatMap(({ from, upTo }) => [from, upTo]);
          expect(ends).toEqual(ends.toSorted((a, b) => a - b));
          for (let change = 1; change <= world.changes; change += 1) {
            if (allStored(world.uploads, { from: change - 1, upTo: change })) {
              expect(world.committed.has(change)).toBe(true);
            }
          }
        }
      }),
      { ...seeded, numRuns: 2_000 },
    );
  });

  it('[D2] reads stored once a full write and all after it are accepted', () => {
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 60, size: 'max' }),
        fc.nat({ max: 3 }),
        (steps, more) => {
          const world = new World();
          for (const take of steps) take(world);
          world.full(1 + (more % 3));
          if (more > 0) {
            world.edit(more);
            world.single();
          }
          world.settle();
          expect(waiting(world.uploads)).toBe(0);
        },
      ),
      { ...seeded, numRuns: 1_000 },
    );
  });

  it('[D2] fifty offline edits do not read stored at the first of their acks', () => {
    let uploads = startUploads(0);
    for (let i = 0; i < 50; i += 1) uploads = made(uploads);
    uploads = sentAll(uploads);
    uploads = sent(made(uploads));
    expect(waiting(storedUpTo(uploads, 1))).toBe(1);
    expect(waiting(storedUpTo(uploads, 2))).toBe(0);
  });

  it('[D2] a full write in parts is stored with its last one, and not when one of them was refused', () => {
    const uploads = sentAll(made(startUploads(0), 5), 3);
    expect(waiting(storedUpTo(uploads, 2))).toBe(5);
    expect(waiting(storedUpTo(uploads, 3))).toBe(0);
    const spoilt = storedUpTo(refusedWrite(uploads, 2), 3);
    expect(waiting(spoilt)).toBe(5);
    expect(waiting(storedUpTo(sentAll(spoilt), 4))).toBe(0);
  });

  it('[D2] a late ack of an earlier socket says nothing about this one', () => {
    let uploads = sent(made(sentAll(made(startUploads(0)))));
    uploads = sentAll(disconnected(uploads, 3));
    expect(waiting(storedUpTo(uploads, 2))).toBe(2);
    expect(waiting(storedUpTo(uploads, 3))).toBe(0);
  });

  it('[D2] a refused write stays waiting though later ones are stored', () => {
    let uploads = sentAll(startUploads(0));
    uploads = sent(made(uploads));
    uploads = sent(made(uploads));
    uploads = refusedWrite(uploads, 2);
    uploads = storedUpTo(uploads, 3);
    expect(waiting(uploads)).toBe(1);
    expect(allStored(uploads, { from: 0, upTo: 1 })).toBe(false);
    expect(allStored(uploads, { from: 1, upTo: 2 })).toBe(true);
  });

  it('[D2] changes found on the device count beside those made before it was read', () => {
    const uploads = found(made(startUploads(0)), 4, 10);
    expect(waiting(uploads)).toBe(5);
    expect(waiting(forgotten(uploads))).toBe(15);
    expect(waiting(storedUpTo(sentAll(uploads), 1))).toBe(0);
  });

  it('a single write before the full one is an error of the caller', () => {
    expect(() => sent(made(startUploads(0)))).toThrow();
    expect(() => sent(disconnected(sentAll(startUploads(0))))).toThrow();
  });
});
