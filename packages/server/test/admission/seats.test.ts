import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WAITING_PER_PERSON } from '../../src/admission/limits.ts';
import { Seats } from '../../src/admission/seats.ts';

const KEPT = 30;

type Step =
  | { readonly step: 'enter'; readonly person: string }
  | { readonly step: 'leave' | 'cut'; readonly which: number }
  | { readonly step: 'pass'; readonly time: number };

const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        step: fc.constant('enter' as const),
        person: fc.constantFrom(...'abcdefgh'.split('')),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        step: fc.constantFrom('leave' as const, 'cut' as const),
        which: fc.nat(30),
      }),
    },
    { weight: 1, arbitrary: fc.record({ step: fc.constant('pass' as const), time: fc.nat(40) }) },
  ),
  { maxLength: 120, size: 'max' },
);

describe('seats', () => {
  it('[A1] [A3] are never more taken than there are, and none stays free while somebody waits', () => {
    fc.assert(
      fc.property(steps, (taken) => {
        const limits = { seats: 4, waiting: 10, perPerson: 6 };
        const seats = new Seats<number>(limits);
        const here = new Map<number, string>();
        const kept: { person: string; until: number }[] = [];
        let now = 0;
        for (const [id, step] of taken.entries()) {
          if (step.step === 'enter') {
            const mine = [...here.values()].filter((person) => person === step.person).length;
            const own = kept.findIndex(({ person }) => person === step.person);
            const total = mine + kept.filter(({ person }) => person === step.person).length;
            const entry = seats.enter(id, step.person);
            if (own >= 0) {
              expect(entry).toBe('returned');
              kept.splice(own, 1);
            } else {
              expect(entry).not.toBe('returned');
              if (total >= limits.perPerson) expect(entry).toBe('too-many-connections');
            }
            if (entry === 'server-full') expect(seats.waiting).toBe(limits.waiting);
            else if (entry !== 'too-many-connections') here.set(id, step.person);
          } else if (step.step === 'pass') {
            now += step.time;
            seats.expire(now);
            for (const each of kept.splice(0)) if (each.until > now) kept.push(each);
          } else {
            const gone = [...here.keys()][step.which % Math.max(1, here.size)];
            if (gone === undefined) continue;
            const person = here.get(gone) ?? '';
            const keptBefore = seats.kept;
            here.delete(gone);
            seats.leave(gone, step.step === 'cut' ? now + KEPT : undefined);
            if (seats.kept > keptBefore) kept.push({ person, until: now + KEPT });
          }
          seats.admit();
          expect(seats.seated + seats.kept).toBeLessThanOrEqual(limits.seats);
          expect(seats.kept).toBe(kept.length);
          expect(seats.seated + seats.waiting).toBe(here.size);
          if (seats.waiting > 0) expect(seats.seated + seats.kept).toBe(limits.seats);
        }
      }),
      { seed: 11, numRuns: 1_000 },
    );
  });

  it('[A2] go to who came first, in the order that was told, and one person does not keep the others from them', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...'aaaabcdefg'.split('')), { minLength: 1, maxLength: 40 }),
        (people) => {
          const seats = new Seats<number>({ seats: 1, waiting: 100, perPerson: 100 });
          seats.enter(-1, 'somebody');
          const came = new Map<number, string>();
          for (const [id, person] of people.entries()) {
            if (seats.enter(id, person) !== 'waiting') continue;
            came.set(id, person);
            expect(seats.lastOf(person)).toBe([...seats.order()].indexOf(id) + 1);
          }
          const told = [...seats.order()];
          const admitted: number[] = [];
          let last = -1;
          for (let turn = 0; turn < came.size; turn += 1) {
            seats.leave(last);
            const [next] = seats.admit();
            if (next === undefined) throw new Error('Nobody was seated.');
            admitted.push(next);
            last = next;
          }
          expect(admitted).toEqual(told);
          // Of each person in the order of coming; and before anybody's k-th comes everybody's one before it.
          const round = new Map<number, number>();
          const counts = new Map<string, number>();
          for (const [id, person] of came) {
            const count = counts.get(person) ?? 0;
            round.set(id, count);
            counts.set(person, count + 1);
          }
          const rounds = admitted.map((id) => round.get(id) ?? 0);
          expect(rounds).toEqual(rounds.toSorted((a, b) => a - b));
          const first = admitted.filter((id) => round.get(id) === 0);
          expect(first).toEqual(first.toSorted((a, b) => a - b));
        },
      ),
      { seed: 12, numRuns: 500 },
    );
  });

  it('[A3] of one person only so many wait, and the line takes others still', () => {
    const seats = new Seats<number>({ seats: 1, waiting: 1_000, perPerson: 100 });
    seats.enter(0, 'first');
    const entries = Array.from({ length: 50 }, (_, n) => seats.enter(n + 1, 'mallory'));
    expect(entries.filter((entry) => entry === 'waiting')).toHaveLength(WAITING_PER_PERSON);
    expect(entries.at(-1)).toBe('too-many-connections');
    expect(seats.enter(100, 'ann')).toBe('waiting');
    seats.leave(0);
    expect(seats.admit()).toEqual([1]);
    seats.leave(1);
    expect(seats.admit()).toEqual([100]);
  });
});
