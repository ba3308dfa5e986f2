import type { DocumentStatus, Observable } from '@weft/client';

/** What of a window is needed: where it is asked whether it may close. */
export type Closing = Pick<Window, 'addEventListener' | 'removeEventListener'>;

/**
 * Has the browser ask before it closes the tab, only while something is neither on the device nor on the server: a
 * question that is always asked is not read, and keeps the page out of the browser's back-forward cache.
 * @returns the way out
 */
export function guardClosing(status: Observable<DocumentStatus>, page: Closing): () => void {
  const ask = (event: BeforeUnloadEvent) => event.preventDefault();
  let guarding = false;
  const look = () => {
    const needed = status.get().state === 'unsaved';
    if (needed === guarding) return;
    guarding = needed;
    if (needed) page.addEventListener('beforeunload', ask);
    else page.removeEventListener('beforeunload', ask);
  };
  const leave = status.subscribe(look);
  look();
  return () => {
    leave();
    page.removeEventListener('beforeunload', ask);
  };
}
