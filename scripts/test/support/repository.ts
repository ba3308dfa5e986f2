import { chmodSync, cpSync, existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { root } from '../../root.ts';
import { type Running, start } from './process.ts';
import { temporaryDirectory, writeTree } from './temporary.ts';

/**
 * A repository with the real boot scripts and nothing else real: `npx` is a script that notes each install, waits
 * while a file `hold` exists, and fails while a file `fail` exists; `check` runs whatever the test says.
 */
export interface Repository {
  readonly directory: string;
  boot(...args: readonly string[]): Running;
  npm(...args: readonly string[]): Running;
  /** How often `npx` was called. */
  installs(): number;
}

const NPX = `#!/bin/sh
echo "$@" >> installs
while [ -e hold ]; do sleep 0.02; done
if [ -e fail ]; then echo "no such package"; exit 7; fi
mkdir -p node_modules/.bin
ln -sf "$REAL_NODE" node_modules/.bin/node
`;

/** @param check source of the command `check`, TypeScript */
export function repository(check: string): Repository {
  const directory = temporaryDirectory();
  cpSync(join(root, 'scripts', 'boot.mjs'), join(directory, 'scripts', 'boot.mjs'));
  cpSync(join(root, 'scripts', 'boot'), join(directory, 'scripts', 'boot'), { recursive: true });
  writeTree(directory, {
    'package.json': JSON.stringify({
      name: 'fixture',
      type: 'module',
      packageManager: 'pnpm@1.2.3+sha512.abc',
      scripts: { check: 'exec node scripts/boot.mjs check' },
    }),
    'pnpm-lock.yaml': 'lockfileVersion: 9\n',
    'packages/a/package.json': '{ "name": "a" }\n',
    'scripts/check.ts': check,
    'bin/npx': NPX,
  });
  chmodSync(join(directory, 'bin', 'npx'), 0o755);
  const env = {
    PATH: `${join(directory, 'bin')}${delimiter}${process.env['PATH']}`,
    REAL_NODE: process.execPath,
  };
  return {
    directory,
    boot: (...args) =>
      start(process.execPath, ['scripts/boot.mjs', ...args], { cwd: directory, env }),
    npm: (...args) => start('npm', args, { cwd: directory, env }),
    installs: () => {
      const log = join(directory, 'installs');
      return existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n').length : 0;
    },
  };
}
