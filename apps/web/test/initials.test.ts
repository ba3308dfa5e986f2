import { expect, it } from 'vitest';
import { initialsOf } from '../src/parts/initials.ts';

it.each([
  ['Ann', 'A'],
  ['ada lovelace', 'AL'],
  ['  Ada  King  Lovelace ', 'AL'],
  ['Élodie', 'É'],
  ['👩‍🚀 Ann', '👩‍🚀A'],
  ['', '?'],
])('initials of "%s"', (name, initials) => {
  expect(initialsOf(name)).toBe(initials);
});
