import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from './failure.mjs';

/** Node 24 runs TypeScript by type stripping and brings `node:sqlite`. */
const OLDEST_NODE = 24;

/**
 * The Node that runs our TypeScript: the one of the lockfile, which is there on linux-x64, else the one that runs
 * this file.
 * @param {string} root
 * @returns {string} path of its program
 */
export function findRuntime(root) {
  const bundled = bundledNode(root);
  if (existsSync(bundled)) return bundled;
  if (Number.parseInt(process.versions.node, 10) >= OLDEST_NODE) return process.execPath;
  throw new Failure(
    `Node ${OLDEST_NODE} or newer is needed on ${process.platform}-${process.arch}, and this is ${process.version}. ` +
      'Only linux-x64 (glibc) gets a Node of its own.',
  );
}

/**
 * Whether the Node of the lockfile is there but does not run on this machine, as on a Linux with musl.
 * @param {string} root
 */
export function bundledNodeIsBroken(root) {
  const node = bundledNode(root);
  return existsSync(node) && spawnSync(node, ['--version'], { stdio: 'ignore' }).status !== 0;
}

/** @param {string} root */
export function bundledNode(root) {
  return join(root, 'node_modules', '.bin', 'node');
}
