import { describe, expect, it, vi } from 'vitest';
import { dayLabel, dayOf, fullTimeOf, timeOf } from '../src/conversation/days.ts';

/** Noon of a day, in the zone that the test runs in. */
const noon = (year: number, month: number, day: number) =>
  new Date(year, month - 1, day, 12).getTime();

describe('days', () => {
  it('are the viewer’s own', () => {
    expect(dayOf(noon(2026, 3, 1))).toBe('2026-3-1');
    expect(dayOf(new Date(2026, 2, 1, 23, 59, 59).getTime())).toBe('2026-3-1');
  });

  it('are told as people do, across the end of a month', () => {
    const now = noon(2026, 3, 1);
    expect(dayLabel(now, now)).toBe('Today');
    expect(dayLabel(noon(2026, 2, 28), now)).toBe('Yesterday');
    expect(dayLabel(noon(2026, 2, 27), now, 'en-GB')).toMatch(/^Friday,? 27 February$/);
  });

  it('carry the year when it is another one', () => {
    // Whether a comma stands there is the locale data's to say.
    expect(dayLabel(noon(2025, 12, 30), noon(2026, 3, 1), 'en-GB')).toMatch(
      /^Tuesday,? 30 December 2025$/,
    );
  });

  it('make a format once, and not for each line', () => {
    const made = vi.spyOn(Intl, 'DateTimeFormat');
    try {
      for (let line = 0; line < 100; line += 1) {
        timeOf(line, 'sv');
        fullTimeOf(line, 'sv');
        dayLabel(line, noon(2026, 3, 1), 'sv');
      }
      expect(made).toHaveBeenCalledTimes(3);
    } finally {
      made.mockRestore();
    }
  });
});
