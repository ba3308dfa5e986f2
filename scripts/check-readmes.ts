import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { type Result, fromProblems } from './result.ts';
import { root } from './root.ts';
import { runTool } from './tool.ts';

/**
 * Every TypeScript sample of a README compiles against the workspace, so that no README shows what does not exist.
 * Samples are type-checked as a user's project would be: strict, in a directory of their own whose `node_modules`
 * links what the workspace's packages depend on.
 */

/** A fenced block of a README. */
export interface Sample {
  readonly readme: string;
  /** Line of its first line of code, from 1. */
  readonly line: number;
  readonly language: 'ts' | 'tsx';
  readonly code: string;
}

const FENCE = /^(```+)(\w*)[^\n]*\n([\s\S]*?)^\1\s*$/gm;
const LANGUAGES = new Map<string, Sample['language']>([
  ['ts', 'ts'],
  ['typescript', 'ts'],
  ['tsx', 'tsx'],
]);

/** What the compiler says about the workspace's own sources is the business of the types check. */
const IN_SOURCES = /^(packages|apps)\/[^ ]+\(\d+,\d+\): /;

/** The samples of one README, in order. */
export function samplesOf(readme: string, text: string): readonly Sample[] {
  return [...text.matchAll(FENCE)].flatMap((match) => {
    const language = LANGUAGES.get(match[2] ?? '');
    if (language === undefined) return [];
    const line = text.slice(0, match.index).split('\n').length + 1;
    return [{ readme, line, language, code: match[3] ?? '' }];
  });
}

/** Checks the README of the root and of each package. */
export function checkReadmes(): Promise<Result> {
  const samples = readmes().flatMap((path) =>
    samplesOf(path, readFileSync(join(root, path), 'utf8')),
  );
  return compileSamples(samples, join(root, '.weft', 'readmes'));
}

/**
 * Type-checks samples.
 * @param directory where to write them; must lie in the repository, and is emptied
 */
export async function compileSamples(
  samples: readonly Sample[],
  directory: string,
): Promise<Result> {
  if (samples.length === 0) return { outcome: 'passed', note: 'no samples' };
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  linkDependencies(join(directory, 'node_modules'));
  writeFileSync(join(directory, 'package.json'), '{ "type": "module" }\n');
  // Bundlers know style sheets; the compiler does not.
  writeFileSync(join(directory, 'css.d.ts'), "declare module '*.css';\n");
  writeFileSync(
    join(directory, 'tsconfig.json'),
    JSON.stringify(tsconfig(directory), undefined, 2),
  );
  const readmeOf = new Map<string, string>();
  for (const sample of samples) {
    const name = `${sample.readme.replaceAll('/', '__')}.${sample.line}.${sample.language}`;
    readmeOf.set(name, sample.readme);
    // Blank lines above give the code the line numbers that it has in its README; `export {}` makes it a module.
    const padding = '\n'.repeat(sample.line - 1);
    writeFileSync(join(directory, name), `${padding}${sample.code}export {};\n`);
  }
  const { code, output } = await runTool('tsc', ['--project', directory, '--pretty', 'false']);
  const lines = output.split('\n').filter((line) => line.trim() !== '' && !IN_SOURCES.test(line));
  const problems = lines.map((line) => inReadme(line, readmeOf));
  if (code !== 0 && output.trim() === '') problems.push(`tsc: exit code ${code}`);
  return fromProblems(problems, `${samples.length} samples`);
}

/** `.weft/readmes/a__README.md.7.ts(9,3): error …` → `a/README.md:9:3: error …` */
function inReadme(line: string, readmeOf: ReadonlyMap<string, string>): string {
  const match = /^(?:.*\/)?([^/]+\.tsx?)\((\d+),(\d+)\): (.*)$/.exec(line);
  const readme = readmeOf.get(match?.[1] ?? '');
  return match === null || readme === undefined
    ? line
    : `${readme}:${match[2]}:${match[3]}: ${match[4]}`;
}

function tsconfig(directory: string) {
  return {
    extends: join(relative(directory, root), 'tsconfig.base.json'),
    compilerOptions: {
      noEmit: true,
      composite: false,
      incremental: false,
      lib: ['es2024', 'dom', 'dom.iterable'],
      types: ['node'],
      jsx: 'react-jsx',
      rewriteRelativeImportExtensions: false,
      allowImportingTsExtensions: true,
      noUnusedLocals: false,
      noUnusedParameters: false,
    },
    include: ['*.ts', '*.tsx'],
  };
}

/** Links every direct dependency of the workspace's packages, and the packages themselves. */
function linkDependencies(target: string): void {
  for (const directory of workspaceDirectories()) {
    const modules = join(root, directory, 'node_modules');
    if (existsSync(modules)) for (const name of packageNames(modules)) link(modules, name, target);
  }
  for (const name of readdirSync(join(root, 'packages'))) {
    const path = join(target, '@weft', name);
    if (existsSync(path)) continue;
    mkdirSync(dirname(path), { recursive: true });
    symlinkSync(join(root, 'packages', name), path);
  }
}

function link(modules: string, name: string, target: string): void {
  const path = join(target, name);
  if (existsSync(path)) return;
  mkdirSync(dirname(path), { recursive: true });
  symlinkSync(realpathSync(join(modules, name)), path);
}

function packageNames(modules: string): readonly string[] {
  return readdirSync(modules)
    .filter((name) => !name.startsWith('.'))
    .flatMap((name) =>
      name.startsWith('@')
        ? readdirSync(join(modules, name)).map((inner) => `${name}/${inner}`)
        : [name],
    );
}

function workspaceDirectories(): readonly string[] {
  const inside = ['packages', 'apps', 'e2e'].flatMap((folder) =>
    readdirSync(join(root, folder)).map((name) => join(folder, name)),
  );
  return ['', ...inside];
}

function readmes(): readonly string[] {
  return workspaceDirectories()
    .map((directory) => join(directory, 'README.md'))
    .filter((path) => existsSync(join(root, path)));
}
