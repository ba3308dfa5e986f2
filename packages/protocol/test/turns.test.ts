import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Refusals, TURN_WAIT, mustWait, passTurn, refuseTurn } from '../src/index.ts';

const command = (counter: number) => ({ counter, id: `id ${counter}` });

describe('turns', () => {
  it('[C5] later counters wait for the lowest that was refused, and others do not', () => {
    let line: Refusals | undefined = refuseTurn(undefined, command(4), 0);
    expect(mustWait(line, 5, 1)).toEqual(command(4));
    line = refuseTurn(line, command(5), 1);
    expect([3, 4].map((counter) => mustWait(line, counter, 1))).toEqual([undefined, undefined]);
    line = passTurn(line, 4, 2);
    expect(mustWait(line, 6, 2)).toEqual(command(5));
    expect(passTurn(line, 5, 3)).toBeUndefined();
  });

  it('[C5] what never comes again holds the others back for a minute, however often they knock', () => {
    let line = refuseTurn(undefined, command(1), 0);
    for (let now = 0; now < TURN_WAIT; now += 7_000) {
      expect(mustWait(line, 2, now)).toEqual(command(1));
      line = refuseTurn(line, command(2), now);
    }
    expect(mustWait(line, 2, TURN_WAIT)).toBeUndefined();
    expect(refuseTurn(line, command(2), TURN_WAIT).waiting.size).toBe(1);
  });

  it('[C5] whatever is refused, and in whichever order all of it comes again, it is let in by its counters', () => {
    fc.assert(
      fc.property(
        fc.array(fc.boolean(), { minLength: 1, maxLength: 400 }),
        fc.infiniteStream(fc.nat()),
        (refusedAtFirst, picks) => {
          let line: Refusals | undefined;
          const stored: number[] = [];
          let outside: number[] = [];
          const come = (counter: number, refused: boolean) => {
            if (refused || mustWait(line, counter, 0) !== undefined) {
              line = refuseTurn(line, command(counter), 0);
              return false;
            }
            line = passTurn(line, counter, 0);
            stored.push(counter);
            return true;
          };
          for (const [index, refused] of refusedAtFirst.entries()) {
            if (!come(index + 1, refused)) outside.push(index + 1);
          }
          // A client of ours comes in order; one that knows no order is let in by what is remembered.
          const inOrder = outside.length > 256;
          while (outside.length > 0) {
            const pick = inOrder ? 0 : (picks.next().value ?? 0) % Math.min(outside.length, 8);
            const counter = outside[pick] ?? 0;
            if (come(counter, false)) outside = outside.filter((other) => other !== counter);
          }
          expect(stored).toEqual(refusedAtFirst.map((_, index) => index + 1));
          expect(line).toBeUndefined();
        },
      ),
      { seed: 5, numRuns: 100 },
    );
  });
});
