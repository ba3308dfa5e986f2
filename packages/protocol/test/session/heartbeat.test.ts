import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Pulse, firstPulse, heartbeat, pulseHeard, pulseSaid } from '../../src/index.ts';
import { seeded } from '../seeded.ts';

/** What happens on a link that dies at some moment: when its client speaks, and when it is heard. */
const life = fc.record({
  says: fc.array(fc.nat({ max: 100_000 }), { maxLength: 40 }),
  hears: fc.array(fc.nat({ max: 60_000 }), { maxLength: 40 }),
});

/** Lives until the link is found dead, and returns when; it wakes exactly when it was told to. */
function findDead(says: readonly number[], hears: readonly number[], answers: boolean): number {
  const events = [
    ...says.map((at) => ({ at, what: 'said' as const })),
    ...hears.map((at) => ({ at, what: 'heard' as const })),
  ].toSorted((a, b) => a.at - b.at);
  let pulse: Pulse = firstPulse(0);
  for (let now = 0; now <= 200_000;) {
    const beat = heartbeat(pulse, now);
    if (beat.beat === 'dead') return now;
    if (beat.beat === 'ping') {
      pulse = pulseSaid(pulse, now, true);
      if (answers) events.unshift({ at: now + 4_999, what: 'heard' });
      continue;
    }
    const next = events.findIndex(({ at }) => at <= now + beat.ms);
    const [event] = next === -1 ? [] : events.splice(next, 1);
    now = event === undefined ? now + beat.ms : Math.max(now, event.at);
    if (event?.what === 'said') pulse = pulseSaid(pulse, now);
    if (event?.what === 'heard') pulse = pulseHeard(pulse, now);
  }
  return Number.POSITIVE_INFINITY;
}

describe('the heartbeat of a session', () => {
  it('[S2] a link that fell silent is found dead within 20 s of the last that was heard, whatever is said on it', () => {
    fc.assert(
      fc.property(life, ({ says, hears }) => {
        const last = Math.max(0, ...hears);
        const found = findDead(says, hears, false);
        // It may also be found before the last word, where that came too late for a ping.
        expect(found).toBeLessThanOrEqual(last + 20_000);
      }),
      { ...seeded, numRuns: 500 },
    );
  });

  it('a link on which every ping is answered in time is never found dead', () => {
    fc.assert(
      fc.property(life, ({ says, hears }) => {
        expect(findDead(says, hears, true)).toBe(Number.POSITIVE_INFINITY);
      }),
      { ...seeded, numRuns: 200 },
    );
  });

  it('an idle link costs a ping every nine seconds, one that speaks and hears none', () => {
    expect(heartbeat(firstPulse(0), 8_999)).toEqual({ beat: 'wait', ms: 1 });
    expect(heartbeat(firstPulse(0), 9_000)).toEqual({ beat: 'ping' });
    const lively = pulseHeard(pulseSaid(firstPulse(0), 8_000), 8_100);
    expect(heartbeat(lively, 9_000)).toEqual({ beat: 'wait', ms: 8_000 });
  });
});
