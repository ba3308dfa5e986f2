import type { Observable } from '@weft/client';
import { TAKE_OVER } from './take-over.ts';

/**
 * Whether this page is of the newest release that the device has. `ready`: a newer one waits to be taken. `taken`: a newer
 * one serves the device already, by this tab's wish or by another's.
 */
export type Freshness = 'current' | 'ready' | 'taken';

/** Newer releases of the app, and the way to them. */
export interface Updates extends Observable<Freshness> {
  /**
   * Resolves when a reload would open the newest release that can be had; reloading is the caller's. Never rejects:
   * without a network a reload opens the release that is there.
   */
  take(): Promise<void>;
}

export interface UpdatesOptions {
  /** The service worker's script; `undefined` where there is none (development, a browser without them). */
  readonly register: (() => Promise<ServiceWorkerRegistration>) | undefined;
  /** Calls back when another worker controls the page. */
  readonly onControl: (changed: () => void) => void;
  /** Calls back when looking for a new release is worth while. */
  readonly onWake: (look: () => void) => void;
  /** Milliseconds of a clock that does not go backwards. */
  readonly now: () => number;
}

/** Milliseconds between two looks for a new release: a page may stay open for weeks. */
const LOOK_EVERY = 10 * 60_000;

/**
 * Watches for a new release. Nothing is reloaded here: a release that is ready waits until the person takes it, or
 * until no page of this one is open.
 */
export function createUpdates({ register, onControl, onWake, now }: UpdatesOptions): Updates {
  const listeners = new Set<() => void>();
  let freshness: Freshness = 'current';
  const become = (next: 'ready' | 'taken'): void => {
    if (freshness === next || freshness === 'taken') return;
    freshness = next;
    for (const listener of listeners) listener();
  };

  const watch = (registration: ServiceWorkerRegistration): void => {
    const look = async (worker: ServiceWorker | null): Promise<void> => {
      if (worker === null) return;
      await settled(worker);
      // With nobody before it, it is this page's own release.
      if (worker.state === 'installed' && registration.active !== null) become('ready');
    };
    void look(registration.waiting);
    void look(registration.installing);
    registration.addEventListener('updatefound', () => void look(registration.installing));
    let looked = now();
    onWake(() => {
      if (now() - looked < LOOK_EVERY) return;
      looked = now();
      // Without an answer the page stays as it is; the next look may have one.
      registration.update().catch(() => undefined);
    });
  };

  // Private windows may refuse: the app then works as in a browser that knows no service workers.
  const registered = register?.().catch(() => undefined);
  void registered?.then((registration) => {
    if (registration !== undefined) watch(registration);
  });
  // Another tab took the new release: this page is of the one before.
  onControl(() => become('taken'));

  return {
    get: () => freshness,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async take() {
      const registration = await registered;
      if (registration === undefined) return;
      if (freshness === 'current') await registration.update().catch(() => undefined);
      if (registration.installing !== null) await settled(registration.installing);
      // One that is overtaken while it waits leaves the place to the next.
      for (let { waiting } = registration; waiting !== null; { waiting } = registration) {
        waiting.postMessage(TAKE_OVER);
        await until(waiting, ['activated', 'redundant']);
      }
    },
  };
}

/** Resolves when a worker is installed, or will not be. */
function settled(worker: ServiceWorker): Promise<void> {
  return until(worker, ['installed', 'activating', 'activated', 'redundant']);
}

function until(worker: ServiceWorker, states: readonly ServiceWorkerState[]): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (!states.includes(worker.state)) return;
      worker.removeEventListener('statechange', look);
      resolve();
    };
    worker.addEventListener('statechange', look);
    look();
  });
}
