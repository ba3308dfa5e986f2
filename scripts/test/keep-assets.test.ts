import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { keepAssets } from '../keep-assets.ts';
import { temporaryDirectory } from './support/temporary.ts';

it('keeps the code of the build before, and of none before that', () => {
  const directory = temporaryDirectory();
  const dist = join(directory, 'dist');
  const release = (...names: readonly string[]) => {
    const next = join(directory, 'next');
    mkdirSync(join(next, 'assets'), { recursive: true });
    for (const name of names) writeFileSync(join(next, 'assets', name), name);
    keepAssets(dist, next);
    rmSync(dist, { recursive: true, force: true });
    renameSync(next, dist);
    return readdirSync(join(dist, 'assets')).toSorted();
  };
  expect(release('one.js', 'one.js.map', 'same.css')).toEqual(['one.js', 'one.js.map', 'same.css']);
  expect(release('two.js', 'same.css')).toEqual(['one.js', 'same.css', 'two.js']);
  expect(release('three.js')).toEqual(['same.css', 'three.js', 'two.js']);
  expect(release('three.js')).toEqual(['same.css', 'three.js', 'two.js']);
  rmSync(join(dist, '.assets'));
  expect(release('four.js')).toEqual(['four.js', 'same.css', 'three.js', 'two.js']);
});
