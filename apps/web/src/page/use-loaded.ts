import { useEffect, useState } from 'react';

/** Whether a device could be read. */
export type Loaded = 'waiting' | 'yes' | 'failed';

export function useLoaded(loaded: Promise<void>): Loaded {
  const [known, setKnown] = useState<{ readonly of: Promise<void>; readonly loaded: Loaded }>();
  useEffect(() => {
    let mounted = true;
    const tell = (result: Loaded) => () => {
      if (mounted) setKnown({ of: loaded, loaded: result });
    };
    loaded.then(tell('yes'), tell('failed'));
    return () => {
      mounted = false;
    };
  }, [loaded]);
  return known?.of === loaded ? known.loaded : 'waiting';
}
