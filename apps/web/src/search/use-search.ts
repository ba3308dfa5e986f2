import type { SearchResults } from '@weft/client';
import { useWeft } from '@weft/react';
import { useEffect, useState } from 'react';

/** Milliseconds without a key before what was typed is looked for. */
const PAUSE = 120;

/** What a search finds while one types; `undefined` before there is anything. The results before stay until there are others. */
export function useSearch(query: string, limit: number): SearchResults | undefined {
  const weft = useWeft();
  const [results, setResults] = useState<SearchResults>();
  const asked = query.trim();
  useEffect(() => {
    if (asked === '') {
      // What is looked for next has nothing to do with it.
      const timer = setTimeout(() => setResults(undefined));
      return () => clearTimeout(timer);
    }
    let end: () => void = () => undefined;
    const timer = setTimeout(() => {
      const search = weft.search(asked, { limit });
      const show = () => {
        const now = search.results.get();
        // Nothing was found yet: what is on the screen is better than nothing.
        if (now.hits.length > 0 || now.device.state !== 'searching') setResults(now);
        else setResults((before) => (before === undefined ? now : before));
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
  return asked === '' ? undefined : results;
}
