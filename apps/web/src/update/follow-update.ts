import { type ReloadParts, reloadSafely } from './reload.ts';
import type { Updates } from './updates.ts';

export interface FollowParts extends ReloadParts {
  readonly updates: Updates;
}

/**
 * Reloads this page once a newer release serves the device, each time that nothing would be lost by it. Two tabs of two
 * releases would otherwise share one device's data, and hear each other's messages, for as long as both are open.
 * @returns the way out
 */
export function followUpdate({ updates, session, reload }: FollowParts): () => void {
  let busy = false;
  let over = false;
  const look = (): void => {
    if (busy || over || updates.get() !== 'taken') return;
    if (session?.work.status.get().state === 'unsaved') return;
    busy = true;
    const once = (): void => {
      over = true;
      reload();
    };
    reloadSafely({ updates, session, reload: () => (over ? undefined : once()) }).then(
      () => {
        busy = false;
        look();
      },
      // The device failed: what it did not take is in this page alone, which stays until something changes.
      () => {
        busy = false;
      },
    );
  };
  const stops = [updates.subscribe(look), session?.work.status.subscribe(look)];
  look();
  return () => {
    over = true;
    stops.forEach((stop) => stop?.());
  };
}
