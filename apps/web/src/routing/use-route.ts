import { useMemo, useSyncExternalStore } from 'react';
import { type Route, parsePath, sequenceIn } from './routes.ts';

/** Said after `navigate`: the history tells of steps back and forward only. */
const MOVED = 'weft:moved';

function subscribe(changed: () => void): () => void {
  window.addEventListener('popstate', changed);
  window.addEventListener(MOVED, changed);
  return () => {
    window.removeEventListener('popstate', changed);
    window.removeEventListener(MOVED, changed);
  };
}

const path = () => location.pathname;

/** The present route; renders again when it changes. */
export function useRoute(): Route {
  const current = useSyncExternalStore(subscribe, path);
  return useMemo(() => parsePath(current), [current]);
}

interface Target {
  readonly sequence: number;
}

let target: { readonly hash: string; readonly moves: number; readonly at: Target | undefined };
let moves = 0;

/** One object for each time that it is asked for: whoever chooses a message again is led to it again. */
function readTarget(): Target | undefined {
  const { hash } = location;
  if (target?.hash !== hash || target.moves !== moves) {
    const sequence = sequenceIn(hash);
    target = { hash, moves, at: sequence === undefined ? undefined : { sequence } };
  }
  return target.at;
}

/** The message of the present conversation that the address names. */
export function useTarget(): Target | undefined {
  return useSyncExternalStore(subscribe, readTarget);
}

/**
 * Goes to a path of the app.
 * @param options `replace` leaves no step back; `fresh` tells the page that it was just made
 */
export function navigate(
  to: string,
  options: { readonly replace?: boolean; readonly fresh?: boolean } = {},
): void {
  if (to === location.pathname) return;
  moves += 1;
  const state = { fresh: options.fresh === true };
  if (options.replace === true) history.replaceState(state, '', to);
  else history.pushState(state, '', to);
  window.dispatchEvent(new Event(MOVED));
}

/** Whether the page was just made by this person: its title waits to be written. Answers `true` once. */
export function takeFresh(): boolean {
  const state: unknown = history.state;
  const fresh =
    typeof state === 'object' && state !== null && 'fresh' in state && state.fresh === true;
  if (fresh) history.replaceState({ fresh: false }, '', location.pathname);
  return fresh;
}
