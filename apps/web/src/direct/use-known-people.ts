import { useObservable, useWeft } from '@weft/react';
import { useEffect, useMemo, useState } from 'react';
import { useSession } from '../session/context.ts';
import { type KnownPerson, knownPeople } from './known-people.ts';

/** Who has been seen in these conversations, which are held open, and those that one has written to. */
export function useKnownPeople(ids: readonly string[]): readonly KnownPerson[] {
  const weft = useWeft();
  const { person } = useSession();
  const directs = useObservable(weft.directs);
  const [seen, setSeen] = useState<readonly KnownPerson[]>([]);
  // Ids hold no space: the same list is the same text, whoever made it anew.
  const key = ids.join(' ');
  useEffect(() => {
    const handles = key === '' ? [] : key.split(' ').map((id) => weft.conversation(id));
    const read = () => setSeen(knownPeople(handles, [], person.sub));
    const stops = handles.flatMap(({ receipts, members }) => [
      receipts.subscribe(read),
      members.subscribe(read),
    ]);
    read();
    return () => {
      for (const stop of stops) stop();
      for (const handle of handles) handle.close();
    };
  }, [weft, key, person]);
  return useMemo(() => {
    const told = directs.map(({ person: sub, name }) => ({ sub, name }));
    return knownPeople([], [...told, ...seen], person.sub);
  }, [directs, seen, person]);
}
