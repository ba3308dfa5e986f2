import type { DeviceStore } from '@weft/storage';
import type { Environment } from './api.ts';

/** Milliseconds after which a device that keeps nothing is tried again, though nobody asks anything of it. */
const TRY_AGAIN = 15_000;

/** A value that is written to find out whether the device keeps things again. */
const PROBE_KEY = 'probed';

/**
 * Watches a device that may fail: now and then it is tried, and once it keeps things again, what it could not keep is
 * handed to it.
 * @param options.recover hands it over
 * @returns the end of it
 */
export function watchDevice(options: {
  readonly env: Pick<Environment, 'now' | 'timer'>;
  readonly store: DeviceStore;
  readonly recover: () => void;
}): () => void {
  const { env, store, recover } = options;
  let failing = false;
  let cancel: () => void = () => undefined;
  const tryAgain = () => {
    cancel = env.timer(TRY_AGAIN, () => {
      tryAgain();
      // Whether it succeeds is what `status` tells.
      store.set(PROBE_KEY, String(env.now())).catch(() => undefined);
    });
  };
  const look = () => {
    const { state } = store.status.get();
    if (state === 'memory-only' && !failing) {
      failing = true;
      tryAgain();
    } else if (state === 'durable' && failing) {
      failing = false;
      cancel();
      recover();
    }
  };
  const stop = store.status.subscribe(look);
  look();
  return () => {
    stop();
    cancel();
  };
}
