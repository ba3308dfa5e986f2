import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Directories that hold nothing written by hand. */
const BUILT = new Set(['node_modules', 'dist', 'test-results', 'coverage']);

/**
 * Every file under a folder, as paths from `directory`; built and hidden directories are not entered. (Node's
 * recursive `readdirSync` walks through pnpm's links, which takes minutes.)
 */
export function filesUnder(directory: string, folder: string): readonly string[] {
  return readdirSync(join(directory, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isFile()) return [path];
    const enter = entry.isDirectory() && !BUILT.has(entry.name) && !entry.name.startsWith('.');
    return enter ? filesUnder(directory, path) : [];
  });
}
