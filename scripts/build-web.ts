/**
 * `node scripts/build-web.ts [--if-changed]`: builds the web app into apps/web/dist. With `--if-changed` only when
 * something that the build reads has changed since the last one.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withLock } from './boot/lock.mjs';
import { filesUnder } from './files.ts';
import { keepAssets } from './keep-assets.ts';
import { root } from './root.ts';
import { runTool } from './tool.ts';

const APP = join(root, 'apps', 'web');
const DIST = join(APP, 'dist');
/** Which inputs the build was made from. Inside it, so that who removes the build removes this too. */
const STAMP = join(DIST, '.inputs');

/** What ends up in the bundle, or decides how it is made. */
const INPUT_FOLDERS = [
  'apps/web',
  'packages/client/src',
  'packages/editor',
  'packages/element/src',
  'packages/protocol/src',
  'packages/react',
  'packages/storage/src',
];
const INPUT_FILES = ['pnpm-lock.yaml'];

function hashOfInputs(): string {
  const hash = createHash('sha256');
  const files = INPUT_FOLDERS.flatMap((folder) => filesUnder(root, folder)).filter(
    (path) => !path.includes('/test/') && !path.endsWith('.md'),
  );
  for (const path of [...INPUT_FILES, ...files.toSorted()]) {
    hash
      .update(`${path}\0`)
      .update(readFileSync(join(root, path)))
      .update('\0');
  }
  return hash.digest('hex');
}

function isBuilt(inputs: string): boolean {
  return existsSync(STAMP) && readFileSync(STAMP, 'utf8') === inputs;
}

/** Builds beside the present build and then takes its place: a running server never serves half of one. */
async function build(inputs: string): Promise<number> {
  process.stderr.write('weft: building the web app…\n');
  const next = join(APP, '.vite', 'next');
  const args = ['build', '--logLevel', 'warn', '--outDir', next, '--emptyOutDir'];
  const { code, output } = await runTool('vite', args, { cwd: APP });
  if (code !== 0) {
    process.stderr.write(output);
    process.stderr.write(`weft: the build of the web app failed (exit code ${code})\n`);
    return 1;
  }
  keepAssets(DIST, next);
  writeFileSync(join(next, '.inputs'), inputs);
  rmSync(DIST, { recursive: true, force: true });
  renameSync(next, DIST);
  return 0;
}

const onlyIfChanged = process.argv.includes('--if-changed');
process.exitCode = await withLock(
  join(root, '.weft', 'web.lock'),
  async () => {
    const inputs = hashOfInputs();
    return onlyIfChanged && isBuilt(inputs) ? 0 : build(inputs);
  },
  () => process.stderr.write('weft: waiting for another build of the web app…\n'),
);
