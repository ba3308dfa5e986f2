import { KINDS, type Kind, STOCK } from './kinds.ts';
import { median } from './stats.ts';

/** What a figure has to be. A multiple is one of stock's figure in the same run. */
export type Goal =
  | { readonly goal: 'at-most'; readonly value: number }
  | { readonly goal: 'at-least'; readonly value: number }
  | { readonly goal: 'at-most-times'; readonly times: number }
  | { readonly goal: 'at-least-times'; readonly times: number };

/** One figure, measured several times on several servers. */
export interface Measure {
  readonly name: string;
  readonly unit: string;
  readonly goal: Goal | undefined;
  /** In the order of measuring; a server that cannot do it has none. */
  readonly values: Partial<Record<Kind, readonly number[]>>;
}

export type Verdict = 'pass' | 'fail' | 'no goal' | 'not measured';

/** A measure with what follows from it. */
export interface Judged extends Measure {
  readonly medians: Partial<Record<Kind, number>>;
  /** Ours over stock's. */
  readonly ratio: number | undefined;
  readonly verdict: Verdict;
}

/** Gathers the figures of a scenario. */
export class Measures {
  readonly #measures = new Map<
    string,
    { readonly unit: string; readonly goal: Goal | undefined; readonly values: Map<Kind, number[]> }
  >();

  /** Announces a figure; they are reported in this order. */
  define(name: string, unit: string, goal?: Goal): void {
    this.#measures.set(name, { unit, goal, values: new Map() });
  }

  /** @throws Error for a figure that was not announced */
  add(name: string, kind: Kind, value: number): void {
    const measure = this.#measures.get(name);
    if (measure === undefined) throw new Error(`"${name}" is not defined.`);
    measure.values.set(kind, [...(measure.values.get(kind) ?? []), value]);
  }

  list(): readonly Measure[] {
    return [...this.#measures].map(([name, { unit, goal, values }]) => ({
      name,
      unit,
      goal,
      values: Object.fromEntries(values),
    }));
  }
}

/** Medians, the ratio to stock, and whether the goal is met. */
export function judge(measure: Measure): Judged {
  const medians: Partial<Record<Kind, number>> = {};
  for (const kind of KINDS) {
    const value = median(measure.values[kind] ?? []);
    if (value !== undefined) medians[kind] = value;
  }
  const ours = medians.weft;
  const stock = medians[STOCK];
  const ratio = ours === undefined || stock === undefined || stock === 0 ? undefined : ours / stock;
  return { ...measure, medians, ratio, verdict: verdictOf(measure.goal, ours, stock) };
}

function verdictOf(
  goal: Goal | undefined,
  ours: number | undefined,
  stock: number | undefined,
): Verdict {
  if (goal === undefined) return 'no goal';
  if (ours === undefined) return 'not measured';
  if (goal.goal === 'at-most') return ours <= goal.value ? 'pass' : 'fail';
  if (goal.goal === 'at-least') return ours >= goal.value ? 'pass' : 'fail';
  if (stock === undefined) return 'not measured';
  const well =
    goal.goal === 'at-most-times' ? ours <= goal.times * stock : ours >= goal.times * stock;
  return well ? 'pass' : 'fail';
}
