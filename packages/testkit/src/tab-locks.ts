import type { HubTab } from './tab-hub.ts';

/** `navigator.locks`, as far as our code uses it: exclusive locks, `ifAvailable`, `signal`. */
export function tabLocks(tab: HubTab): Pick<LockManager, 'request'> {
  const ask = <T>(
    name: string,
    options: LockOptions,
    granted: (lock: Lock | null) => T,
  ): Promise<Awaited<T>> => {
    const { signal, ifAvailable = false } = options;
    if (ifAvailable && !tab.free(name)) return Promise.resolve(granted(null));
    return new Promise<Awaited<T>>((resolve, reject) => {
      let state: 'waiting' | 'held' = 'waiting';
      const aborted = () => {
        if (state === 'held') return;
        release();
        reject(new DOMException('It was given up.', 'AbortError'));
      };
      const release = tab.lock(name, () => {
        state = 'held';
        signal?.removeEventListener('abort', aborted);
        Promise.resolve(granted({ name, mode: 'exclusive' })).then(
          (value) => {
            release();
            resolve(value);
          },
          (error: unknown) => {
            release();
            reject(error instanceof Error ? error : new Error(String(error)));
          },
        );
      });
      if (signal?.aborted === true) aborted();
      else signal?.addEventListener('abort', aborted);
    });
  };
  return {
    request: <T>(
      name: string,
      second: LockOptions | ((lock: Lock | null) => T),
      third?: (lock: Lock | null) => T,
    ) => {
      if (typeof second === 'function') return ask(name, {}, second);
      if (third === undefined) throw new TypeError('A lock is asked for to do something.');
      return ask(name, second, third);
    },
  };
}
