import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { filesUnder } from './files.ts';
import { type Result, fromProblems } from './result.ts';
import { root } from './root.ts';

/**
 * Every law of the specification is cited by a test's title (`it('[D2] …')`), and every citation names a law.
 * The contract suites that testkit exports are tests too: adapters run them.
 */

/** A file and what is in it. */
export interface SourceText {
  readonly path: string;
  readonly text: string;
}

const SPEC = 'packages/protocol/SPEC.md';
/** `- **D2** …` or `- **[D2]** …` at the start of a line defines law D2. */
const DEFINITION = /^- \*\*\[?([A-Z]\d+[a-z]?)\]?\*\*/gm;
/** The first argument of a call, where it is a string: the title, when the call makes a test. */
const TITLE = /([\w.]+)?\(\s*(['"`])((?:\\.|(?!\2)[^\\])*)\2/g;
const CITATION = /\[([A-Z]\d+[a-z]?)\]/g;
const TEST_FILE = /\.(test|spec)\.tsx?$/;
const TEST_SUITE = /^packages\/testkit\/src\/.*\.ts$/;
/** A test that does not run upholds nothing. */
const NOT_RUN = /\.(skip|todo)$/;

/** Reads the specification and all tests of the workspace. */
export function checkLaws(): Result {
  if (!existsSync(join(root, SPEC))) return { outcome: 'failed', output: `${SPEC} does not exist` };
  const spec = readFileSync(join(root, SPEC), 'utf8');
  const tests = ['packages', 'apps', 'e2e', 'scripts'].flatMap(testFiles).map((path) => ({
    path,
    text: readFileSync(join(root, path), 'utf8'),
  }));
  const laws = [...definitions(spec).keys()].length;
  return fromProblems(lawProblems({ path: SPEC, text: spec }, tests), `${laws} laws`);
}

/** What is wrong between a specification and the tests, one line each with its place. */
export function lawProblems(spec: SourceText, tests: readonly SourceText[]): readonly string[] {
  const laws = definitions(spec.text);
  const cited = new Set<string>();
  const problems: string[] = [];
  if (laws.size === 0) problems.push(`${spec.path}: defines no law ("- **D1** …")`);
  for (const law of duplicates(spec.text)) problems.push(`${spec.path}: defines ${law} twice`);
  for (const test of tests) {
    for (const { law, line } of citations(test.text)) {
      cited.add(law);
      if (!laws.has(law)) {
        problems.push(`${test.path}:${line}: cites ${law}, which ${spec.path} does not define`);
      }
    }
  }
  for (const [law, line] of laws) {
    if (!cited.has(law)) problems.push(`${spec.path}:${line}: no test cites ${law}`);
  }
  return problems;
}

/** Law → line of its definition. */
function definitions(spec: string): ReadonlyMap<string, number> {
  return new Map(
    [...spec.matchAll(DEFINITION)].map((match) => [match[1] ?? '', lineAt(spec, match.index)]),
  );
}

function duplicates(spec: string): readonly string[] {
  const names = [...spec.matchAll(DEFINITION)].map((match) => match[1] ?? '');
  return names.filter((name, index) => names.indexOf(name) !== index);
}

function citations(text: string): readonly { readonly law: string; readonly line: number }[] {
  return [...text.matchAll(TITLE)]
    .filter(([, callee = '']) => !NOT_RUN.test(callee))
    .flatMap((match) =>
      [...(match[3] ?? '').matchAll(CITATION)].map((citation) => ({
        law: citation[1] ?? '',
        line: lineAt(text, match.index),
      })),
    );
}

function lineAt(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}

function testFiles(folder: string): readonly string[] {
  return (
    filesUnder(root, folder)
      // The tests of this very check hold laws that no specification has.
      .filter((path) => path !== 'scripts/test/check-laws.test.ts')
      .filter((path) => TEST_FILE.test(path) || TEST_SUITE.test(path))
  );
}
