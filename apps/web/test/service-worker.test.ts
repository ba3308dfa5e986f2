import { describe, expect, it } from 'vitest';
import { succession } from '../service-worker/releases.ts';
import { routeOf } from '../service-worker/route.ts';

describe('the service worker', () => {
  const origin = 'https://weft.example';
  const files = new Set(['/index.html', '/theme.js', '/assets/index-new.js']);
  const to = (path: string, mode = 'cors', method = 'GET') =>
    routeOf({ method, mode, url: new URL(path, origin).href }, origin, files).to;

  it.each(['/', '/d/01ABC', '/c/general', '/d/01ABC?from=mail#top', '/no/such/page'])(
    'answers for pages of the app, also for those that it will not know: %s',
    (path) => {
      expect(to(path, 'navigate')).toBe('page');
    },
  );

  it('answers for files of its release, and for code of earlier ones', () => {
    expect(to('/theme.js')).toBe('file');
    expect(to('/assets/index-new.js')).toBe('file');
    expect(to('/assets/index-old.js')).toBe('earlier');
  });

  it.each([
    '/sync',
    '/auth/guest',
    '/auth',
    '/api/conversations/general/messages',
    '/healthz',
    '/readyz',
    '/metrics',
  ])('never answers for what the server says: %s', (path) => {
    expect(to(path)).toBe('network');
    expect(to(path, 'navigate')).toBe('network');
  });

  it('lets everything else pass: writes, other origins, files that it does not know, data', () => {
    expect(to('/', 'navigate', 'POST')).toBe('network');
    expect(to('/assets/index-new.js', 'cors', 'HEAD')).toBe('network');
    expect(to('https://elsewhere.example/assets/index-new.js')).toBe('network');
    expect(to('/openapi.json', 'navigate')).toBe('network');
    expect(to('/things/one')).toBe('network');
  });
});

describe('what a release keeps when it takes over', () => {
  it('is the files of the one that served until now, and no others', () => {
    const known = [
      { name: 'first', turn: 1 },
      { name: 'second', turn: 2 },
      { name: 'third', turn: undefined },
    ];
    expect(succession(known, 'third')).toEqual({ turn: 3, remove: ['first'] });
  });

  it('passes over a release that was overtaken before it served anybody', () => {
    const known = [
      { name: 'serving', turn: 4 },
      { name: 'overtaken', turn: undefined },
      { name: 'next', turn: undefined },
    ];
    expect(succession(known, 'next')).toEqual({ turn: 5, remove: ['overtaken'] });
  });

  it('knows who served last also when an old release came back', () => {
    const known = [
      { name: 'old', turn: 1 },
      { name: 'bad', turn: 2 },
    ];
    expect(succession(known, 'old')).toEqual({ turn: 3, remove: [] });
    const back = [
      { name: 'old', turn: 3 },
      { name: 'bad', turn: 2 },
      { name: 'good', turn: undefined },
    ];
    expect(succession(back, 'good')).toEqual({ turn: 4, remove: ['bad'] });
  });

  it('is nothing at the first one', () => {
    expect(succession([], 'first')).toEqual({ turn: 1, remove: [] });
  });
});
