import { createContext, use } from 'react';
import type { Updates } from './updates.ts';

export const UpdatesContext = createContext<Updates | undefined>(undefined);

/**
 * Newer releases of the app.
 * @throws Error outside the app
 */
export function useUpdates(): Updates {
  const updates = use(UpdatesContext);
  if (updates === undefined) throw new Error('This part needs the app around it.');
  return updates;
}
