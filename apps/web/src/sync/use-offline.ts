import { useObservable } from '@weft/react';
import { useSession } from '../session/context.ts';

/** Whether the screen should speak of being offline; one answer for all of it. */
export function useOffline(): boolean {
  return useObservable(useSession().offline);
}
