import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { DEFAULT_ADMISSION } from '../src/admission/limits.ts';
import { DEFAULT_LIMITS } from '../src/door/limits.ts';

describe('the caps of the door, and of who may be here', () => {
  it('are in the README with their defaults, all of them and no others', () => {
    const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
    const rows = [...readme.matchAll(/^\| `(\w+)`: [^|]* \| (\d+) \|/gm)];
    expect(Object.fromEntries(rows.map(([, name, value]) => [name, Number(value)]))).toEqual({
      ...DEFAULT_LIMITS,
      ...DEFAULT_ADMISSION,
    });
  });
});
