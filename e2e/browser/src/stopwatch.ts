import type { Person } from './person.ts';

/**
 * Instants on two pages of one machine, on one clock: each page adds its own time origin. They are kept in the
 * page, so that nothing of the test runner is measured.
 */
declare global {
  interface Window {
    weftInstants?: {
      readonly pressed: number[];
      readonly changed: number[];
      readonly painted: number[];
    };
  }
}

/** Milliseconds, on a clock that all pages of the machine share. */
export interface Instants {
  /** A key was pressed in the editor; before anything handled it. */
  readonly pressed: readonly number[];
  /** The editor's text changed. */
  readonly changed: readonly number[];
  /** That change was on the screen. */
  readonly painted: readonly number[];
}

/** Starts to note instants on somebody's page. */
export function noteInstants(person: Person): Promise<void> {
  return person.editor.evaluate((editor) => {
    const noted = { pressed: [] as number[], changed: [] as number[], painted: [] as number[] };
    window.weftInstants = noted;
    const now = () => performance.timeOrigin + performance.now();
    editor.addEventListener(
      'keydown',
      // The event's own time stamp: when the browser took the key, not when this listener ran.
      (event) => noted.pressed.push(performance.timeOrigin + event.timeStamp),
      { capture: true },
    );
    // Carets stand in the text, and their names come and go.
    const count = () =>
      [...editor.querySelectorAll('.weft-caret')].reduce(
        (sum, caret) => sum - caret.textContent.length,
        editor.textContent.length,
      );
    let length = count();
    new MutationObserver(() => {
      const next = count();
      if (next === length) return;
      length = next;
      noted.changed.push(now());
      // The frame that shows it is about to be made; what a frame's callback posts runs once it is.
      requestAnimationFrame(() => {
        const painted = new MessageChannel();
        painted.port1.onmessage = () => noted.painted.push(now());
        painted.port2.postMessage(undefined);
      });
    }).observe(editor, { childList: true, subtree: true, characterData: true });
  });
}

/** What was noted so far. */
export function instants(person: Person): Promise<Instants> {
  return person.page.evaluate(
    () => window.weftInstants ?? { pressed: [], changed: [], painted: [] },
  );
}

/** The time that a share of all samples does not exceed. */
export function quantile(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}
