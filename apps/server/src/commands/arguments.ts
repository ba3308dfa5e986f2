import { UsageError } from '../config.ts';

/** A command line taken apart: what stands alone, and what was said with `--name`. */
export interface Arguments {
  readonly plain: readonly string[];
  readonly flags: ReadonlySet<string>;
  readonly values: ReadonlyMap<string, string>;
}

/**
 * Reads a command line. Every option has to be known: one that is misspelt must not be left out in silence.
 * @throws UsageError
 */
export function readArguments(
  given: readonly string[],
  known: { readonly flags?: readonly string[]; readonly values?: readonly string[] },
): Arguments {
  const plain: string[] = [];
  const flags = new Set<string>();
  const values = new Map<string, string>();
  const rest = [...given];
  for (let next = rest.shift(); next !== undefined; next = rest.shift()) {
    if (!next.startsWith('-')) {
      plain.push(next);
      continue;
    }
    const [name = '', attached] = next.split(/=(.*)/s, 2);
    if (known.flags?.includes(name) === true && attached === undefined) flags.add(name);
    else if (known.values?.includes(name) === true) {
      const value = attached ?? rest.shift();
      if (value === undefined) throw new UsageError(`${name} needs a value.`);
      values.set(name, value);
    } else throw new UsageError(`Unknown option "${next}". --help says what there is.`);
  }
  return { plain, flags, values };
}

const UNITS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Reads a span of time, `90s`, `30m`, `12h`, `2d`, as milliseconds. @throws UsageError */
export function readSpan(name: string, value: string): number {
  const [, amount, unit] = /^([1-9][0-9]{0,5})([smhd])$/.exec(value) ?? [];
  if (amount === undefined || (unit !== 's' && unit !== 'm' && unit !== 'h' && unit !== 'd')) {
    throw new UsageError(`${name} is a time such as 30m or 2h, not "${value}".`);
  }
  return Number(amount) * UNITS[unit];
}
