import { KINDS, STOCK } from './kinds.ts';
import type { Goal, Judged } from './measure.ts';
import { NOISE } from './machine.ts';
import type { Outcome } from './run.ts';
import { median } from './stats.ts';

const HEAD = ['', ...KINDS, `weft / ${STOCK}`, 'goal', ''];

/** A scenario's figures as a table for a terminal: medians, the ratio to stock, and whether the goal is met. */
export function table(outcome: Outcome): string {
  const rows = outcome.measures.map((measure) => [
    `${measure.name} [${measure.unit}]`,
    ...KINDS.map((kind) => number(measure.medians[kind])),
    number(measure.ratio),
    goalText(measure.goal),
    verdictText(measure),
  ]);
  const all = [HEAD, ...rows];
  const widths = HEAD.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const lines = all.map((row) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return column === 0 || column >= HEAD.length - 2
          ? cell.padEnd(width)
          : cell.padStart(width);
      })
      .join('  ')
      .trimEnd(),
  );
  const { scenario, about, rounds, quick } = outcome;
  const note = quick ? 'quick: shows that it runs, not how fast' : `medians of ${rounds}`;
  const others = noise(outcome);
  const disturbed =
    others === undefined || others <= NOISE
      ? []
      : [
          `others kept ${others.toFixed(1)} of ${outcome.environment.cpus} processors busy (median)`,
        ];
  return [`${scenario}: ${about} (${note})`, ...lines, ...disturbed].join('\n');
}

/** Processors that others kept busy while it was measured. */
function noise({ raw }: Outcome): number | undefined {
  return median(raw.flatMap(({ others }) => (typeof others === 'number' ? others : [])));
}

/** Three significant digits: more would be a promise. */
export function number(value: number | undefined): string {
  if (value === undefined) return '–';
  if (value === 0) return '0';
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return value.toLocaleString('en-GB', {
    minimumFractionDigits: Math.min(digits, 3),
    maximumFractionDigits: Math.min(digits, 3),
  });
}

function goalText(goal: Goal | undefined): string {
  if (goal === undefined) return '';
  switch (goal.goal) {
    case 'at-most':
      return `≤ ${goal.value}`;
    case 'at-least':
      return `≥ ${goal.value}`;
    case 'at-most-times':
      return `≤ ${goal.times} × stock`;
    case 'at-least-times':
      return `≥ ${goal.times} × stock`;
    default: {
      const unreachable: never = goal;
      return unreachable;
    }
  }
}

function verdictText({ verdict }: Judged): string {
  return verdict === 'no goal' ? '' : verdict;
}
