import { useEffect, useRef } from 'react';
import { isMod } from '../parts/keys.ts';

/** Does something for a key pressed together with ⌘ or Ctrl, wherever the focus is. */
export function useKeys(actions: Readonly<Record<string, () => void>>): void {
  const latest = useRef(actions);
  useEffect(() => {
    latest.current = actions;
  });
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (!isMod(event) || event.altKey || event.shiftKey) return;
      const action = latest.current[event.key];
      if (action === undefined) return;
      event.preventDefault();
      action();
    };
    // Before the editor: it would take the keys that it knows.
    window.addEventListener('keydown', onKeyDown, { capture: true });
    return () => window.removeEventListener('keydown', onKeyDown, { capture: true });
  }, []);
}
