import { copyFileSync, existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseJson } from './json.ts';

/** Lists a build's own assets, apart from those that it keeps of the build before. */
const LIST = '.assets';

/**
 * Puts the assets of the build that is about to be replaced beside those of the next one: a tab that was opened
 * before may still ask for code that it loads late. Only one build back; source maps are not kept.
 * @param present the build that is served now; need not exist
 * @param next the finished build that takes its place
 */
export function keepAssets(present: string, next: string): void {
  const own = assetsIn(next);
  writeFileSync(join(next, LIST), JSON.stringify(own));
  const before = ownAssets(present);
  // The same build once more is no other one: what the present one kept stays.
  const again = before.length === own.length && before.every((name) => own.includes(name));
  for (const name of again ? assetsIn(present) : before) {
    const file = join(present, 'assets', name);
    if (own.includes(name) || name.endsWith('.map') || !existsSync(file)) continue;
    copyFileSync(file, join(next, 'assets', name));
  }
}

function ownAssets(build: string): readonly string[] {
  const list = join(build, LIST);
  const names = existsSync(list) ? parseJson(readFileSync(list, 'utf8')) : undefined;
  // A build from before there were lists has nothing but its own.
  if (!Array.isArray(names)) return assetsIn(build);
  return names.filter((name): name is string => typeof name === 'string');
}

function assetsIn(build: string): readonly string[] {
  const directory = join(build, 'assets');
  return existsSync(directory) ? readdirSync(directory) : [];
}
