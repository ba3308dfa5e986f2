import type { Unread } from '@weft/protocol';
import { useEffect, useState } from 'react';
import { useWeft } from './provider.tsx';

const NONE: ReadonlyMap<string, Unread> = new Map();

/**
 * What this person has not read in each of these conversations, by its id. They are held open while mounted: what is
 * said in them arrives on this device, also while they are not shown.
 */
export function useUnread(ids: readonly string[]): ReadonlyMap<string, Unread> {
  const weft = useWeft();
  const [unread, setUnread] = useState(NONE);
  // Ids hold no space: the same list is the same text, whoever made it anew.
  const key = ids.join(' ');
  useEffect(() => {
    const handles = key === '' ? [] : key.split(' ').map((id) => weft.conversation(id));
    const read = () => setUnread(new Map(handles.map(({ id, unread: each }) => [id, each.get()])));
    const stops = handles.map((handle) => handle.unread.subscribe(read));
    read();
    return () => {
      for (const stop of stops) stop();
      for (const handle of handles) handle.close();
    };
  }, [weft, key]);
  return unread;
}
