import type { ConnectionStatus } from '@weft/client';
import { expect, it } from 'vitest';
import { OFFLINE_AFTER, createOffline } from '../src/sync/offline.ts';

it('speaks of being offline after two seconds of trying, and takes it back at once', () => {
  let status: ConnectionStatus = { state: 'online' };
  let tell: () => void = () => {};
  const timers = new Map<() => void, number>();
  const offline = createOffline(
    {
      get: () => status,
      subscribe: (listener) => {
        tell = listener;
        return () => {};
      },
    },
    (ms, fire) => {
      timers.set(fire, ms);
      return () => timers.delete(fire);
    },
  );
  const become = (state: 'online' | 'offline' | 'connecting') => {
    status = { state };
    tell();
  };
  become('offline');
  become('connecting');
  become('offline');
  expect([...timers.values()]).toEqual([OFFLINE_AFTER]);
  expect(offline.get()).toBe(false);
  for (const fire of timers.keys()) fire();
  expect(offline.get()).toBe(true);
  become('connecting');
  expect(offline.get()).toBe(true);
  become('online');
  expect(offline.get()).toBe(false);
});
