import type { Storage } from './guest.ts';

/**
 * The browser's storage for small things; where a page may have none, one that ends with the tab, so that the app opens
 * all the same.
 */
export function browserStorage(): Storage {
  try {
    const probe = 'weft.probe';
    localStorage.setItem(probe, probe);
    localStorage.removeItem(probe);
    return localStorage;
  } catch {
    // Blocked, or without room: what is remembered is remembered until the tab closes.
    const values = new Map<string, string>();
    return {
      getItem: (name) => values.get(name) ?? null,
      setItem: (name, value) => void values.set(name, value),
      removeItem: (name) => void values.delete(name),
    };
  }
}
