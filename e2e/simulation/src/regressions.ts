import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import * as v from 'valibot';
import { type Case, caseSchema } from './case.ts';

const DIRECTORY = new URL('../regressions/', import.meta.url);

const regressionSchema = v.object({
  /** What it found, in the words of the law. */
  found: v.string(),
  case: caseSchema,
});

export interface Regression {
  readonly name: string;
  readonly found: string;
  readonly case: Case;
}

/** Every case that ever failed. @throws ValiError for a file that holds none */
export function readRegressions(): readonly Regression[] {
  return readdirSync(DIRECTORY)
    .filter((name) => name.endsWith('.json'))
    .toSorted()
    .map((name) => {
      const text = readFileSync(new URL(name, DIRECTORY), 'utf8');
      return { name, ...v.parse(regressionSchema, JSON.parse(text)) };
    });
}

/** Keeps a failing case. Returns the path of its file. */
export function writeRegression(regression: Regression): string {
  const { name, ...content } = regression;
  mkdirSync(DIRECTORY, { recursive: true });
  const file = new URL(name, DIRECTORY);
  writeFileSync(file, `${JSON.stringify(content, undefined, 2)}\n`);
  return file.pathname;
}
