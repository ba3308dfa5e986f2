import type { Weft } from '@weft/client';
import { createContext, type ReactNode, use } from 'react';

const WeftContext = createContext<Weft | undefined>(undefined);

/** Hands one client to all hooks below. Whoever made the client closes it. */
export function WeftProvider({
  weft,
  children,
}: {
  readonly weft: Weft;
  readonly children: ReactNode;
}): ReactNode {
  return <WeftContext value={weft}>{children}</WeftContext>;
}

/**
 * The client of the nearest `WeftProvider`.
 * @throws Error outside one
 */
export function useWeft(): Weft {
  const weft = use(WeftContext);
  if (weft === undefined) throw new Error('useWeft needs a <WeftProvider> above it.');
  return weft;
}
