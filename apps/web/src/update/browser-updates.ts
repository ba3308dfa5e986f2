import { scriptAddress } from '../parts/script-address.ts';
import { type Updates, createUpdates } from './updates.ts';

/** The updates of this page. Development has no service worker: it would serve yesterday's code. */
export function browserUpdates(): Updates {
  const workers = import.meta.env.PROD ? navigator.serviceWorker : undefined;
  // A page that no worker controls is the first one here: what takes over then is its own release.
  const controlled = (workers?.controller ?? null) !== null;
  return createUpdates({
    register:
      workers === undefined
        ? undefined
        : // Its imports are inside it; the script itself is asked for past every cache.
          () => workers.register(scriptAddress('service'), { updateViaCache: 'none' }),
    onControl: (changed) => {
      if (controlled) workers?.addEventListener('controllerchange', changed);
    },
    onWake: (look) => {
      window.addEventListener('online', look);
      document.addEventListener('visibilitychange', () => {
        if (document.visibilityState === 'visible') look();
      });
    },
    now: () => performance.now(),
  });
}
