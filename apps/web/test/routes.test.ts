import { describe, expect, it } from 'vitest';
import { parsePath, pathOf, pathOfThread, pathOfThreads } from '../src/routing/routes.ts';

describe('paths', () => {
  it.each([
    ['/', { screen: 'home' }],
    ['/d/welcome', { screen: 'document', id: 'welcome', beside: { show: 'conversation' } }],
    ['/d/welcome/', { screen: 'document', id: 'welcome', beside: { show: 'conversation' } }],
    ['/d/welcome/threads', { screen: 'document', id: 'welcome', beside: { show: 'threads' } }],
    [
      '/d/welcome/threads/new',
      { screen: 'document', id: 'welcome', beside: { show: 'new-thread' } },
    ],
    [
      '/d/welcome/threads/01J0',
      { screen: 'document', id: 'welcome', beside: { show: 'thread', anchor: '01J0' } },
    ],
    ['/d/welcome/threads/01J0/more', { screen: 'missing' }],
    ['/c/general/threads', { screen: 'missing' }],
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
      beside: { show: 'conversation' },
    });
    expect(parsePath(pathOfThreads('a'))).toMatchObject({ id: 'a', beside: { show: 'threads' } });
    expect(parsePath(pathOfThread('a', '01J0'))).toMatchObject({ beside: { anchor: '01J0' } });
    expect(parsePath(pathOf({ kind: 'channel', id: 'c' }))).toEqual({ screen: 'channel', id: 'c' });
  });
});
