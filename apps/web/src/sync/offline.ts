import type { ConnectionStatus, Observable } from '@weft/client';
import type { Timer } from '@weft/react';

/** Milliseconds without a connection before the screen speaks of it. */
export const OFFLINE_AFTER = 2000;

/** Whether there has been no connection for so long that a person should know. Lives as long as its client. */
export function createOffline(
  connection: Observable<ConnectionStatus>,
  timer: Timer,
): Observable<boolean> {
  const listeners = new Set<() => void>();
  let offline = false;
  let cancel: (() => void) | undefined;

  const set = (next: boolean): void => {
    if (next === offline) return;
    offline = next;
    for (const listener of listeners) listener();
  };
  const look = (): void => {
    if (connection.get().state === 'online') {
      cancel?.();
      cancel = undefined;
      set(false);
    } else {
      cancel ??= timer(OFFLINE_AFTER, () => set(true));
    }
  };
  connection.subscribe(look);
  look();

  return {
    get: () => offline,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
