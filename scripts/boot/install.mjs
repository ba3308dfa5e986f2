import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from './failure.mjs';
import { withLock } from './lock.mjs';
import { run } from './process-group.mjs';
import { bundledNode, bundledNodeIsBroken } from './runtime.mjs';

/** Folders whose children are packages of the workspace, as pnpm-workspace.yaml has them. */
const WORKSPACE_FOLDERS = ['packages', 'apps', 'e2e'];

/**
 * Installs dependencies when what they are computed from has changed since the last install that finished.
 * @param {string} root
 */
export async function ensureInstalled(root) {
  const wanted = hashOfInputs(root);
  if (isInstalled(root, wanted)) return;
  await withLock(
    join(root, '.weft', 'install.lock'),
    async () => {
      // Another boot may have done it while this one waited.
      if (!isInstalled(root, wanted)) await install(root, wanted);
    },
    () => process.stderr.write('weft: waiting for another install to finish…\n'),
  );
}

/**
 * @param {string} root
 * @param {string} wanted
 */
async function install(root, wanted) {
  process.stderr.write('weft: installing dependencies…\n');
  const stamp = stampPath(root);
  // Removed first: an install that is cut short must not look finished.
  rmSync(stamp, { force: true });
  const { code, output, asked } = await run(
    'npx',
    ['--yes', packageManager(root), 'install', '--frozen-lockfile'],
    // CI: never ask a question. The log level keeps npm's notices out of a failure's output.
    {
      cwd: root,
      env: { ...process.env, CI: 'true', npm_config_loglevel: 'error' },
      output: 'kept',
    },
  );
  if (asked) throw new Failure('stopped while installing', code === 0 ? 1 : code);
  if (code !== 0) {
    process.stderr.write(output);
    throw new Failure(`the install of dependencies failed (exit code ${code})`);
  }
  if (bundledNodeIsBroken(root)) rmSync(bundledNode(root), { force: true });
  writeFileSync(stamp, wanted);
}

/**
 * @param {string} root
 * @param {string} wanted
 */
function isInstalled(root, wanted) {
  const stamp = stampPath(root);
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted;
}

/** @param {string} root */
function stampPath(root) {
  return join(root, 'node_modules', '.weft-install');
}

/**
 * `pnpm@<version>`, without the checksum that may follow.
 * @param {string} root
 */
function packageManager(root) {
  const manifest = readFileSync(join(root, 'package.json'), 'utf8');
  const named = /"packageManager":\s*"(pnpm@\d[^"+]*)/.exec(manifest)?.[1];
  if (named === undefined) {
    throw new Failure('package.json names no pnpm version in "packageManager"');
  }
  return named;
}

/**
 * @param {string} root
 * @returns {string} hexadecimal
 */
function hashOfInputs(root) {
  const manifests = WORKSPACE_FOLDERS.flatMap((folder) =>
    directories(join(root, folder)).map((name) => join(folder, name, 'package.json')),
  );
  const hash = createHash('sha256');
  for (const file of [
    'package.json',
    'pnpm-lock.yaml',
    'pnpm-workspace.yaml',
    ...manifests.sort(),
  ]) {
    const path = join(root, file);
    if (existsSync(path)) hash.update(`${file}\0`).update(readFileSync(path)).update('\0');
  }
  return hash.digest('hex');
}

/** @param {string} path */
function directories(path) {
  if (!existsSync(path)) return [];
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name);
}
