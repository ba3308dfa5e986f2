import { describe, expect, it } from 'vitest';
import { hygieneProblems } from '../check-hygiene.ts';

describe('hygiene check', () => {
  it.each([
    ['.npmrc', '//registry.example.org/:_authToken=1'],
    ['README.md', 'Look into /root/notes.txt'],
    ['packages/a/src/x.ts', "const data = '/home/ann/data';"],
    ['packages/a/src/x.ts', "open('../shared/data')"],
    ['packages/a/test/x.test.ts', "it.only('x', () => {});"],
    ['e2e/browser/src/x.ts', 'await page.waitForTimeout(100);'],
    ['packages/a/test/x.test.ts', 'const port = Math.random();'],
    ['packages/a/src/x.ts', '// TODO: later'],
  ])('finds what must not be committed in %s: %s', (path, line) => {
    expect(hygieneProblems(path, `first\n${line}\n`)).toEqual([
      expect.stringMatching(new RegExp(`^${path}:2: `)),
    ]);
  });

  it.each([
    ['packages/a/src/x.ts', "fetch('/api/work/items')"],
    ['packages/a/test/x.test.ts', "skipIf(!existsSync('../shared/data'))"],
    ['packages/a/src/x.ts', 'export const random = () => Math.random();'],
    ['README.md', 'TODO lists are a kind of document'],
  ])('leaves alone what is fine in %s: %s', (path, line) => {
    expect(hygieneProblems(path, line)).toEqual([]);
  });

  it('skips binary files', () => {
    expect(hygieneProblems('picture.png', '\0 /root/x')).toEqual([]);
  });
});
