/** Crockford's base 32. */
const DIGITS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const TIME_DIGITS = 10;
const RANDOM_DIGITS = 16;

/**
 * Makes ULIDs that rise: within one millisecond, and when the clock was set back, the last one is counted on. A page
 * loads a fifth of what it would of the package of that name, whose ids these are, digit by digit (test/ulid.test.ts).
 * @param random uniform in [0, 1)
 */
export function risingUlids(random: () => number): (now: number) => string {
  let time = -1;
  let tail: number[] = [];
  return (now) => {
    if (now > time) {
      time = now;
      tail = Array.from({ length: RANDOM_DIGITS }, () => Math.floor(random() * 32)).toReversed();
    } else {
      // Of 80 random bits, so many are never counted on that all of them were set.
      const at = tail.findLastIndex((digit) => digit < 31);
      tail = tail.map((digit, index) => (index < at ? digit : index === at ? digit + 1 : 0));
    }
    const head = Array.from({ length: TIME_DIGITS }, (_, at) => {
      return Math.floor(time / 32 ** (TIME_DIGITS - 1 - at)) % 32;
    });
    return [...head, ...tail].map((digit) => DIGITS[digit]).join('');
  };
}
