import type { Observable } from '@weft/client';
import { useCallback, useSyncExternalStore } from 'react';

const NEVER = () => () => {};

/** The present value of an observable; renders again when it changes. */
export function useObservable<T>(observable: Observable<T>): T;
/** The same for one that may not be there yet: `fallback` until then. */
export function useObservable<T>(observable: Observable<T> | undefined, fallback: T): T;
export function useObservable<T>(
  observable: Observable<T> | undefined,
  fallback?: T,
): T | undefined {
  // Observables may be methods of an object: both are called on it.
  const subscribe = useCallback(
    (changed: () => void) => (observable === undefined ? NEVER() : observable.subscribe(changed)),
    [observable],
  );
  const get = useCallback(
    () => (observable === undefined ? fallback : observable.get()),
    [observable, fallback],
  );
  return useSyncExternalStore(subscribe, get, get);
}
