import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { sizeOf } from '../check-size.ts';
import { temporaryDirectory, writeTree } from './support/temporary.ts';

/** Text that gzip cannot make much smaller, so that bytes can be told from bytes. */
const noise = (length: number) =>
  Array.from({ length }, (_, at) => ((at * 2_654_435_761) >>> 3).toString(36)).join('');

it('counts what an entry imports, and apart from it what it imports when it needs it', async () => {
  const directory = temporaryDirectory();
  writeTree(directory, {
    'entry.js':
      "export { own } from './own.js';\nexport const later = () => import('./later.js');\n",
    'own.js': `import 'peer';\nexport const own = '${noise(1_000)}';\n`,
    'later.js': `export { own } from './own.js';\nexport const rare = '${noise(3_000)}';\n`,
  });
  const { first, later } = await sizeOf(join(directory, 'entry.js'), ['peer']);
  expect(later.map(({ name }) => name)).toEqual(['later.js']);
  const [rare] = later;
  expect(first).toBeGreaterThan(1_000);
  expect(rare?.bytes).toBeGreaterThan(first);
});

it('leaves the process as it was: what is started after it does not run as in production', async () => {
  const directory = temporaryDirectory();
  writeTree(directory, { 'entry.js': 'export const own = 1;\n' });
  const before = process.env['NODE_ENV'];
  onTestFinished(() => {
    process.env['NODE_ENV'] = before;
  });
  delete process.env['NODE_ENV'];
  await sizeOf(join(directory, 'entry.js'), []);
  expect(process.env['NODE_ENV']).toBeUndefined();
});
