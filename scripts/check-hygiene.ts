import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Result, fromProblems } from './result.ts';
import { root } from './root.ts';
import { runTool } from './tool.ts';

/** One thing that must not be committed. */
interface Rule {
  readonly pattern: RegExp;
  readonly problem: string;
  /** Which files it is looked for in; default: all text files. */
  readonly within?: RegExp;
  readonly except?: RegExp;
}

const SOURCES = /\.(ts|tsx|mts|js|mjs|css|html)$/;
const TESTS = /(\.(test|spec)\.tsx?|^e2e\/.*\.ts)$/;
/** Tools and tests may look for data beside the repository, and say so when it is not there. */
const MAY_LOOK_BESIDE = /^(scripts|apps\/bench)\/|\/test\/|^e2e\/|\.test\.ts$/;
/** This check and its tests name what they look for. */
const THIS_CHECK = /^scripts\/(check-hygiene|test\/check-hygiene\.test)\.ts$/;

const RULES: readonly Rule[] = [
  {
    pattern: /registry\.[\w.-]+\.\w+|artifactory|verdaccio|npm\.pkg\.github|_authToken/i,
    problem: 'names a package registry: where packages come from is a setting of the machine',
  },
  {
    pattern: /(?<![\w.~-])\/(?:work|root|Users\/\w+|home\/\w+)\//,
    problem: 'holds a path of one machine',
  },
  {
    pattern: /\.\.\/shared\b/,
    problem: 'points outside the repository',
    except: MAY_LOOK_BESIDE,
  },
  {
    pattern: /\b(?:describe|it|test|suite)(?:\.\w+)*\.only\(/,
    problem: 'runs one test and hides all others',
    within: SOURCES,
  },
  {
    pattern: /\bwaitForTimeout\(/,
    problem: 'waits for time instead of for a state',
    within: SOURCES,
  },
  {
    pattern: /\bMath\.random\(/,
    problem: 'draws without a seed in a test: a failure could not be repeated',
    within: TESTS,
  },
  {
    pattern: /\b(?:TODO|FIXME|XXX)\b/,
    problem: 'leaves work in a comment: it belongs in an issue',
    within: SOURCES,
  },
];

/** Looks through every tracked file. Outside a git checkout there is no list of them, and nothing to check. */
export async function checkHygiene(): Promise<Result> {
  const listed = await runTool('git', ['ls-files', '-z']).catch(() => undefined);
  if (listed === undefined || listed.code !== 0) {
    return { outcome: 'skipped', reason: 'not a git checkout' };
  }
  const paths = listed.stdout.split('\0').filter((path) => path !== '');
  const problems = paths.flatMap((path) => hygieneProblems(path, read(path)));
  return fromProblems(problems, `${paths.length} files`);
}

/** What is wrong with one file, one line each with its place. */
export function hygieneProblems(path: string, text: string): readonly string[] {
  if (THIS_CHECK.test(path) || text.includes('\0')) return [];
  const rules = RULES.filter(
    ({ within, except }) => (within?.test(path) ?? true) && !(except?.test(path) ?? false),
  );
  return text
    .split('\n')
    .flatMap((line, index) =>
      rules
        .filter(({ pattern }) => pattern.test(line))
        .map(({ problem }) => `${path}:${index + 1}: ${problem}`),
    );
}

/** A file's text; empty for one that was deleted and is still listed, and for a submodule. */
function read(path: string): string {
  const absolute = join(root, path);
  const isFile = statSync(absolute, { throwIfNoEntry: false })?.isFile() ?? false;
  return isFile ? readFileSync(absolute, 'utf8') : '';
}
