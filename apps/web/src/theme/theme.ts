import { useSyncExternalStore } from 'react';
import { browserStorage } from '../session/browser-storage.ts';

/** `system` follows the device. */
export const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

const KEY = 'weft.theme';
const CHANGED = 'weft:theme';

export function isTheme(value: unknown): value is Theme {
  return THEMES.some((theme) => theme === value);
}

const storage = browserStorage();

function read(): Theme {
  const kept = storage.getItem(KEY);
  return isTheme(kept) ? kept : 'system';
}

/** Chooses a theme for this device, in all its tabs; `theme.js` applies it at the next start. */
export function setTheme(theme: Theme): void {
  storage.setItem(KEY, theme);
  apply(theme);
  window.dispatchEvent(new Event(CHANGED));
}

function apply(theme: Theme): void {
  const { dataset } = document.documentElement;
  if (theme === 'system') delete dataset['theme'];
  else dataset['theme'] = theme;
}

function subscribe(changed: () => void): () => void {
  const other = (event: StorageEvent) => {
    if (event.key !== KEY) return;
    apply(read());
    changed();
  };
  window.addEventListener(CHANGED, changed);
  window.addEventListener('storage', other);
  return () => {
    window.removeEventListener(CHANGED, changed);
    window.removeEventListener('storage', other);
  };
}

export function useTheme(): Theme {
  return useSyncExternalStore(subscribe, read);
}

/** What comes after a theme when it is toggled from the keyboard. */
export function nextTheme(theme: Theme): Theme {
  return THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? 'system';
}
