/** Keys as they are pressed and as they are written, on Apple's keyboards and on others. */
const apple = /Mac|iP(hone|ad|od)/.test(navigator.platform);

/** Whether the key for commands is held: ⌘ on Apple's keyboards, Ctrl elsewhere. */
export function isMod(event: Pick<globalThis.KeyboardEvent, 'metaKey' | 'ctrlKey'>): boolean {
  return apple ? event.metaKey && !event.ctrlKey : event.ctrlKey && !event.metaKey;
}

/** `⌘K` or `Ctrl+K`. */
export function modKey(key: string): string {
  return apple ? `⌘${key}` : `Ctrl+${key}`;
}

/** The same for a key that is pressed with others: `⌘⌥M` or `Ctrl+Alt+M`. */
export function keysOf(keys: string): string {
  return modKey(apple ? keys.replaceAll('Alt+', '⌥').replaceAll('Shift+', '⇧') : keys);
}
