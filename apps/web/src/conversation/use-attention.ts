import { useSyncExternalStore } from 'react';

const EVENTS = ['focus', 'blur', 'visibilitychange', 'pageshow'] as const;

function subscribe(changed: () => void): () => void {
  for (const event of EVENTS) {
    window.addEventListener(event, changed);
    document.addEventListener(event, changed);
  }
  return () => {
    for (const event of EVENTS) {
      window.removeEventListener(event, changed);
      document.removeEventListener(event, changed);
    }
  };
}

const isAttended = () => document.visibilityState === 'visible' && document.hasFocus();

/** Whether somebody is at this window: it is visible and has the focus. */
export function useAttention(): boolean {
  return useSyncExternalStore(subscribe, isAttended, () => false);
}
