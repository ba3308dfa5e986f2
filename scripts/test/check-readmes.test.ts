import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { compileSamples, samplesOf } from '../check-readmes.ts';
import { root } from '../root.ts';

const README = [
  '# A package',
  '',
  '```sh',
  'npm start',
  '```',
  '',
  '```ts',
  "import { formatResource } from '@weft/protocol';",
  "const name: string = formatResource({ kind: 'document', id: 'a' });",
  '```',
  '',
  '```ts',
  'const wrong: string = 1;',
  '```',
  '',
].join('\n');

describe('README check', () => {
  it('finds TypeScript samples, with the line where their code begins', () => {
    expect(samplesOf('README.md', README).map(({ line, language }) => [line, language])).toEqual([
      [8, 'ts'],
      [13, 'ts'],
    ]);
  });

  it('compiles them against the workspace and reports the line of the README', async () => {
    const directory = join(root, '.weft', 'readmes-test');
    onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
    expect(await compileSamples(samplesOf('a/README.md', README), directory)).toEqual({
      outcome: 'failed',
      output: "a/README.md:13:7: error TS2322: Type 'number' is not assignable to type 'string'.",
    });
  });
});
