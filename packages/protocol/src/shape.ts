/**
 * Whether a value is of a type: for what a page reads before it speaks with anybody (its own records, a token's owner, the
 * entries of a directory). What comes over the wire is decoded by valibot's schemas, which come with the code that speaks.
 */
export type Check<T> = (value: unknown) => value is T;

export const isText: Check<string> = (value) => typeof value === 'string';

export const isNumber: Check<number> = (value) => typeof value === 'number';

/** A whole number that is exact. */
export const isInteger: Check<number> = (value): value is number => Number.isSafeInteger(value);

/** A whole number from 0. */
export const isCount: Check<number> = (value): value is number => isInteger(value) && value >= 0;

export const isFlag: Check<boolean> = (value) => typeof value === 'boolean';

export const isBytes: Check<Uint8Array> = (value) => value instanceof Uint8Array;

/** Absent, or what another check takes. */
export function optional<T>(check: Check<T>): Check<T | undefined> {
  return (value): value is T | undefined => value === undefined || check(value);
}

type Shape = Readonly<Record<string, Check<unknown>>>;
type Shaped<S extends Shape> = {
  readonly [Name in keyof S]: S[Name] extends Check<infer T> ? T : never;
};

/** An object with at least these properties. */
export function shape<S extends Shape>(checks: S): Check<Shaped<S>> {
  const all = Object.entries(checks);
  return (value): value is Shaped<S> =>
    typeof value === 'object' &&
    value !== null &&
    all.every(([name, check]) => check(Reflect.get(value, name)));
}
