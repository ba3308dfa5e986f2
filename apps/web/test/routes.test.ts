import { describe, expect, it } from 'vitest';
import { parsePath, pathOf } from '../src/routing/routes.ts';

describe('paths', () => {
  it.each([
    ['/', { screen: 'home' }],
    ['/d/welcome', { screen: 'document', id: 'welcome' }],
    ['/d/welcome/', { screen: 'document', id: 'welcome' }],
    ['/c/general', { screen: 'channel', id: 'general' }],
    ['/d', { screen: 'missing' }],
    ['/d/', { screen: 'missing' }],
    ['/x/welcome', { screen: 'missing' }],
    ['/d/welcome/more', { screen: 'missing' }],
    ['/d/a%20b', { screen: 'missing' }],
    [`/d/${'a'.repeat(129)}`, { screen: 'missing' }],
  ])('%s', (path, route) => {
    expect(parsePath(path)).toEqual(route);
  });

  it('of entries are read back', () => {
    expect(parsePath(pathOf({ kind: 'document', id: 'a_1-B' }))).toEqual({
      screen: 'document',
      id: 'a_1-B',
    });
    expect(parsePath(pathOf({ kind: 'channel', id: 'c' }))).toEqual({ screen: 'channel', id: 'c' });
  });
});
