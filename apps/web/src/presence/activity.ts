/** Milliseconds without a key, a pointer or a look at the page, after which nobody is at this device. */
export const IDLE_AFTER = 300_000;

/** What somebody who is there does. */
const SIGNS = ['pointermove', 'pointerdown', 'keydown', 'wheel', 'focus'] as const;

/** Milliseconds between two signs that are looked at: a pointer that moves makes hundreds a second. */
const LOOK = 1_000;

/**
 * Tells whether somebody is at this device: `idle` after five minutes without any sign, `online` at the next one.
 * @param view the window, or what stands for it
 * @returns what ends it
 */
export function watchActivity(
  view: Pick<Window, 'addEventListener' | 'removeEventListener' | 'setTimeout' | 'clearTimeout'>,
  now: () => number,
  tell: (state: 'online' | 'idle') => void,
): () => void {
  let timer: number | undefined;
  let seen = Number.NEGATIVE_INFINITY;
  const sign = () => {
    const at = now();
    if (at - seen < LOOK) return;
    seen = at;
    tell('online');
    view.clearTimeout(timer);
    timer = view.setTimeout(() => tell('idle'), IDLE_AFTER);
  };
  for (const name of SIGNS) view.addEventListener(name, sign, { passive: true });
  sign();
  return () => {
    view.clearTimeout(timer);
    for (const name of SIGNS) view.removeEventListener(name, sign);
  };
}
