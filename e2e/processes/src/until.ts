import type { Observable } from '@weft/client';

/** Resolves when a condition holds; the caller's own limit is the only one. */
export function until<T>(source: Observable<T>, holds: (value: T) => boolean): Promise<T> {
  return new Promise((resolve) => {
    let stop = () => {};
    const check = () => {
      const value = source.get();
      if (!holds(value)) return;
      stop();
      resolve(value);
    };
    stop = source.subscribe(check);
    check();
  });
}
