import { useConnection } from '@weft/react';
import { useEffect, useState } from 'react';

/** Milliseconds without a connection before the screen speaks of it. */
const PATIENCE = 2000;

/** Whether there has been no connection for so long that a person should know. */
export function useOffline(): boolean {
  const { state } = useConnection();
  const cut = state !== 'online';
  const [late, setLate] = useState(false);
  useEffect(() => {
    if (!cut) return undefined;
    const timer = setTimeout(() => setLate(true), PATIENCE);
    return () => {
      clearTimeout(timer);
      setLate(false);
    };
  }, [cut]);
  return cut && late;
}
