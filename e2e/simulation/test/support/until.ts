import type { Observable } from '@weft/client';

/** Resolves when a condition holds; the test's own time limit is the only one. */
export function until<T>(source: Observable<T>, holds: (value: T) => boolean): Promise<T> {
  return new Promise((resolve) => {
    const check = () => {
      if (!holds(source.get())) return;
      stop();
      resolve(source.get());
    };
    const stop = source.subscribe(check);
    check();
  });
}
