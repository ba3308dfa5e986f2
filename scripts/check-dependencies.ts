import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { filesUnder } from './files.ts';
import { isRecord, parseJson } from './json.ts';
import { type Result, fromProblems } from './result.ts';
import { root } from './root.ts';
import { runTool } from './tool.ts';

const FOLDERS = ['packages', 'apps', 'e2e'];

/** What the cruiser found: the modules it read and the rules they break. */
interface Cruise {
  readonly modules: ReadonlySet<string>;
  readonly violations: readonly string[];
}

/**
 * Checks the arrows of the house, cycles and undeclared packages (.dependency-cruiser.mjs).
 * The cruiser reads TypeScript only with a compiler that it knows, and without one finds nothing and is content:
 * so every source file must be among the modules that it read.
 * @param directory the repository, or a tree laid out like it
 */
export async function checkDependencies(directory: string = root): Promise<Result> {
  const config = join(root, '.dependency-cruiser.mjs');
  const folders = FOLDERS.filter((folder) => existsSync(join(directory, folder)));
  const sources = folders
    .flatMap((folder) => filesUnder(directory, folder))
    .filter((path) => /\.tsx?$/.test(path));
  const { stdout, output } = await runTool(
    'depcruise',
    ['--config', config, '--output-type', 'json', ...folders],
    { cwd: directory },
  );
  const cruise = readCruise(stdout);
  if (cruise === undefined) return { outcome: 'failed', output };
  const unseen = sources
    .filter((path) => !cruise.modules.has(path))
    .map((path) => `${path}: not read by dependency-cruiser, so its imports were not checked`);
  return fromProblems([...unseen, ...cruise.violations], `${cruise.modules.size} modules`);
}

function readCruise(json: string): Cruise | undefined {
  const value = parseJson(json);
  if (!isRecord(value) || !Array.isArray(value['modules']) || !isRecord(value['summary'])) {
    return undefined;
  }
  const { violations } = value['summary'];
  if (!Array.isArray(violations)) return undefined;
  return {
    modules: new Set(value['modules'].filter(isRecord).map((module) => String(module['source']))),
    violations: violations.filter(isRecord).map(violationLine),
  };
}

function violationLine(violation: Readonly<Record<string, unknown>>): string {
  const rule = isRecord(violation['rule']) ? String(violation['rule']['name']) : 'unknown rule';
  const cycle = Array.isArray(violation['cycle'])
    ? violation['cycle'].filter(isRecord).map((step) => String(step['name']))
    : [];
  const path = cycle.length > 0 ? cycle : [String(violation['to'])];
  return `${[String(violation['from']), ...path].join(' → ')} (${rule})`;
}
