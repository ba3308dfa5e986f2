import { webcrypto } from 'node:crypto';
import type { SimRandom } from './random.ts';
import type { SimScheduler } from './scheduler.ts';

/**
 * Timers, clock and random of a whole thread, handed to a simulation while it runs and given back after. Engines and
 * libraries that we do not write ask the globals; some keep what they find at import. So install this in a thread of
 * the simulator's own, before anything else is imported.
 */
export interface SimGlobals {
  /** From now on the globals are the simulation's. */
  enter(scheduler: SimScheduler, random: SimRandom): void;
  /** The real ones are back. */
  leave(): void;
}

/** UTC milliseconds at virtual time 0: any fixed date would do. */
export const SIM_EPOCH = Date.UTC(2030, 0, 1);

/** What a timer function hands out: enough of Node's `Timeout` and `Immediate` for whoever holds one. */
interface SimHandle {
  ref(): SimHandle;
  unref(): SimHandle;
  hasRef(): boolean;
  readonly cancel: () => void;
}

type Callback = (...args: unknown[]) => void;
type Filled = Parameters<typeof webcrypto.getRandomValues>[0];

export function installSimGlobals(): SimGlobals {
  let inside: { readonly scheduler: SimScheduler; readonly random: SimRandom } | undefined;
  const real = {
    setTimeout: globalThis.setTimeout,
    setInterval: globalThis.setInterval,
    setImmediate: globalThis.setImmediate,
    clear: globalThis.clearTimeout,
    clearImmediate: globalThis.clearImmediate,
    now: Date.now,
    fill: webcrypto.getRandomValues.bind(webcrypto),
  };
  const replace = (target: object, name: string, value: unknown) => {
    Object.defineProperty(target, name, { value, configurable: true, writable: true });
  };

  replace(globalThis, 'setTimeout', (run: Callback, ms = 0, ...args: unknown[]) =>
    inside === undefined
      ? real.setTimeout(run, ms, ...args)
      : handle(inside.scheduler.after(Math.max(1, ms), () => run(...args))),
  );
  replace(globalThis, 'setImmediate', (run: Callback, ...args: unknown[]) =>
    inside === undefined
      ? real.setImmediate(run, ...args)
      : handle(inside.scheduler.after(0, () => run(...args))),
  );
  replace(globalThis, 'setInterval', (run: Callback, ms = 0, ...args: unknown[]) => {
    if (inside === undefined) return real.setInterval(run, ms, ...args);
    const { scheduler } = inside;
    let cancel = () => {};
    const again = () => {
      cancel = scheduler.after(Math.max(1, ms), () => {
        again();
        run(...args);
      });
    };
    again();
    return handle(() => cancel());
  });
  const clear = (timer: unknown) => {
    if (isHandle(timer)) timer.cancel();
    else if (isRealTimer(timer)) real.clear(timer);
  };
  replace(globalThis, 'clearTimeout', clear);
  replace(globalThis, 'clearInterval', clear);
  replace(globalThis, 'clearImmediate', (timer: unknown) => {
    if (isHandle(timer)) timer.cancel();
    else if (isRealImmediate(timer)) real.clearImmediate(timer);
  });
  replace(Date, 'now', () =>
    inside === undefined ? real.now() : SIM_EPOCH + Math.floor(inside.scheduler.now),
  );
  replace(webcrypto, 'getRandomValues', <T extends Filled>(array: T): T => {
    if (inside === undefined) {
      real.fill(array);
      return array;
    }
    const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
    for (let at = 0; at < bytes.length;) {
      let draw = inside.random.int(0, 2 ** 32 - 1);
      for (let byte = 0; byte < 4 && at < bytes.length; byte += 1, at += 1) {
        bytes[at] = draw & 255;
        draw >>>= 8;
      }
    }
    return array;
  });

  return {
    enter: (scheduler, random) => {
      inside = { scheduler, random };
    },
    leave: () => {
      inside = undefined;
    },
  };
}

const HANDLE = Symbol('simulated timer');

function handle(cancel: () => void): SimHandle {
  const made: SimHandle & { readonly [HANDLE]: true } = {
    [HANDLE]: true,
    ref: () => made,
    unref: () => made,
    hasRef: () => true,
    cancel,
  };
  return made;
}

function isHandle(timer: unknown): timer is SimHandle {
  return typeof timer === 'object' && timer !== null && HANDLE in timer;
}

function isRealTimer(timer: unknown): timer is NodeJS.Timeout {
  return typeof timer === 'object' && timer !== null && 'refresh' in timer;
}

function isRealImmediate(timer: unknown): timer is NodeJS.Immediate {
  return typeof timer === 'object' && timer !== null && !('refresh' in timer);
}
