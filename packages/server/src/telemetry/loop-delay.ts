/** Milliseconds between two looks at how late the event loop is. */
const LOOK_MS = 100;

/**
 * Looks regularly at how late timers run: everybody's frames wait for so long, too.
 * @param observe is told seconds; 0 for a timer that was on time
 * @returns ends it
 */
export function watchLoop(observe: (seconds: number) => void): () => void {
  let due = performance.now() + LOOK_MS;
  const timer = setInterval(() => {
    const now = performance.now();
    observe(Math.max(0, now - due) / 1000);
    due = now + LOOK_MS;
  }, LOOK_MS);
  timer.unref();
  return () => clearInterval(timer);
}
