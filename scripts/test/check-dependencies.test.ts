import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkDependencies } from '../check-dependencies.ts';
import { temporaryDirectory, writeTree } from './support/temporary.ts';

const PACKAGES = ['protocol', 'server', 'client'];

/** A small workspace: packages that see one another, as pnpm links them. */
function workspace(files: Readonly<Record<string, string>>): string {
  const directory = temporaryDirectory();
  for (const name of PACKAGES) {
    writeTree(directory, {
      [`packages/${name}/package.json`]: JSON.stringify({
        name: `@weft/${name}`,
        type: 'module',
        exports: './src/index.ts',
        dependencies: Object.fromEntries(PACKAGES.map((other) => [`@weft/${other}`, '*'])),
      }),
      [`packages/${name}/src/index.ts`]: 'export const value = 1;\nexport type Value = number;\n',
    });
    const scope = join(directory, 'packages', name, 'node_modules', '@weft');
    mkdirSync(scope, { recursive: true });
    for (const other of PACKAGES) {
      symlinkSync(join(directory, 'packages', other), join(scope, other));
    }
  }
  writeTree(directory, files);
  return directory;
}

describe('dependency check', () => {
  it('accepts arrows that go down', async () => {
    const directory = workspace({
      'packages/client/src/a.ts': "import { value } from '@weft/protocol';\nexport { value };\n",
    });
    expect(await checkDependencies(directory)).toEqual({ outcome: 'passed', note: '4 modules' });
  });

  it('finds every planted violation', async () => {
    const planted = {
      'up.ts': "import { value } from '@weft/server';\nexport { value };\n",
      'up-in-types.ts': "import type { Value } from '@weft/server';\nexport type A = Value;\n",
      'path.ts': "import { value } from '../../protocol/src/index.ts';\nexport { value };\n",
      'undeclared.ts': "import * as z from 'zod';\nexport { z };\n",
      'node.ts': "import * as fs from 'node:fs';\nexport { fs };\n",
      'circle-a.ts': "import { b } from './circle-b.ts';\nexport const a = () => b;\n",
      'circle-b.ts': "import { a } from './circle-a.ts';\nexport const b = () => a;\n",
    };
    const result = await checkDependencies(
      workspace(
        Object.fromEntries(
          Object.entries(planted).map(([name, text]) => [`packages/client/src/${name}`, text]),
        ),
      ),
    );
    if (result.outcome !== 'failed') throw new Error('no violation was seen');
    const found = result.output.split('\n').map((line) => {
      const [, file, rule] = /^packages\/client\/src\/(\S+) → .* \((.*)\)$/.exec(line) ?? [];
      return `${file}: ${rule}`;
    });
    expect(found).toEqual(
      expect.arrayContaining([
        'up.ts: packages/client goes down only',
        'up-in-types.ts: packages/client goes down only',
        'path.ts: packages meet at their exports',
        'undeclared.ts: only declared packages',
        'node.ts: browser code uses nothing of Node',
        'circle-a.ts: no cycles',
      ]),
    );
  });
});
