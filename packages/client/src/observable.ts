import type { Observable } from './api.ts';

/** An observable that its owner sets. */
export interface Signal<T> extends Observable<T> {
  set(value: T): void;
}

/** An observable that its owner computes on demand. */
export interface Derived<T> extends Observable<T> {
  /** What it was computed from has changed; tells nobody yet, so that a burst of edits costs one round of calls. */
  invalidate(): void;
  /** Computes it, and calls the listeners if it differs from what they were last told of. */
  notify(): void;
}

/**
 * Throws an error of the embedder's code outside our own: a listener that fails must not stop a sync, and must
 * not be silent either.
 */
export function report(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}

class Listeners {
  readonly #listeners = new Set<() => void>();

  add(listener: () => void): () => void {
    // Wrapped, so that one function subscribed twice is called twice and leaves twice.
    const own = () => listener();
    this.#listeners.add(own);
    return () => void this.#listeners.delete(own);
  }

  get none(): boolean {
    return this.#listeners.size === 0;
  }

  call(): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener();
      } catch (error) {
        report(error);
      }
    }
  }
}

export function signal<T>(initial: T): Signal<T> {
  const listeners = new Listeners();
  let value = initial;
  return {
    get: () => value,
    set: (next) => {
      if (Object.is(next, value)) return;
      value = next;
      listeners.call();
    },
    subscribe: (listener) => listeners.add(listener),
  };
}

/** @param same whether two values tell the same; then the earlier object is kept */
export function derived<T>(
  compute: () => T,
  same: (a: T, b: T) => boolean = Object.is,
): Derived<T> {
  const listeners = new Listeners();
  let value = compute();
  let told = value;
  let dirty = false;
  const get = (): T => {
    if (dirty) {
      dirty = false;
      const next = compute();
      if (!same(value, next)) value = next;
    }
    return value;
  };
  return {
    get,
    invalidate: () => {
      dirty = true;
    },
    notify: () => {
      dirty = true;
      // Nobody asks: a long list is not made for each message that comes.
      if (listeners.none) return;
      const next = get();
      if (Object.is(next, told)) return;
      told = next;
      listeners.call();
    },
    subscribe: (listener) => {
      // What changed while nobody listened is no news to whoever begins to.
      if (listeners.none) told = get();
      return listeners.add(listener);
    },
  };
}

/** The observable part of a signal or a derived value: what is handed out. */
export function readOnly<T>(source: Observable<T>): Observable<T> {
  return { get: () => source.get(), subscribe: (listener) => source.subscribe(listener) };
}

/** What an observable of the present one of several things says; listeners hear of both. */
export function following<S, T>(
  source: Observable<S>,
  pick: (present: S) => Observable<T>,
): Observable<T> {
  return {
    get: () => pick(source.get()).get(),
    subscribe: (listener) => {
      let stop = pick(source.get()).subscribe(listener);
      const leave = source.subscribe(() => {
        stop();
        stop = pick(source.get()).subscribe(listener);
        listener();
      });
      return () => {
        leave();
        stop();
      };
    },
  };
}
