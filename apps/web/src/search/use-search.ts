import type { SearchResults } from '@weft/client';
import { useWeft } from '@weft/react';
import { useEffect, useState } from 'react';

/** Milliseconds without a key before what was typed is looked for. */
const PAUSE = 120;

export interface Searched {
  readonly results: SearchResults;
  /** What was looked for; while another text is in the field, that was not looked for yet. */
  readonly query: string;
}

/** What a search finds while one types; `undefined` before there is anything. The results before stay until there are others. */
export function useSearch(query: string, limit: number): Searched | undefined {
  const weft = useWeft();
  const [searched, setSearched] = useState<Searched>();
  const asked = query.trim();
  useEffect(() => {
    if (asked === '') {
      // What is looked for next has nothing to do with it.
      const timer = setTimeout(() => setSearched(undefined));
      return () => clearTimeout(timer);
    }
    let end: () => void = () => undefined;
    const timer = setTimeout(() => {
      const search = weft.search(asked, { limit });
      const show = () => {
        const results = search.results.get();
        const now = { results, query: asked };
        // Nothing was found yet: what is on the screen is better than nothing.
        if (results.hits.length > 0 || results.device.state !== 'searching') setSearched(now);
        else setSearched((before) => (before === undefined ? now : before));
      };
      const unsubscribe = search.results.subscribe(show);
      show();
      end = () => {
        unsubscribe();
        search.close();
      };
    }, PAUSE);
    return () => {
      clearTimeout(timer);
      end();
    };
  }, [weft, asked, limit]);
  return asked === '' ? undefined : searched;
}
