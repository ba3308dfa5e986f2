import { checkDependencies } from './check-dependencies.ts';
import { checkHygiene } from './check-hygiene.ts';
import { checkLaws } from './check-laws.ts';
import { checkReadmes } from './check-readmes.ts';
import { checkSize } from './check-size.ts';
import { type Result } from './result.ts';
import { passes } from './tool.ts';

/** A check of the sources: counts as one test. */
export interface Check {
  readonly name: string;
  readonly run: () => Promise<Result>;
}

/** In the order of what a person wants to hear first. */
export const CHECKS: readonly Check[] = [
  { name: 'types', run: () => passes('tsc', ['-b', '--pretty', 'false']) },
  {
    name: 'lint',
    run: () => passes('oxlint', ['--type-aware', '--deny-warnings', '--format', 'unix']),
  },
  { name: 'format', run: () => passes('oxfmt', ['--list-different']) },
  { name: 'dependencies', run: () => checkDependencies() },
  { name: 'laws', run: async () => checkLaws() },
  { name: 'readmes', run: () => checkReadmes() },
  { name: 'size', run: () => checkSize() },
  { name: 'hygiene', run: () => checkHygiene() },
];
