import { use, useEffect } from 'react';
import { ShellContext } from './context.ts';

/** Names the browser's tab, with the number of unread messages in front. */
export function useTitle(title: string): void {
  const unread = [...(use(ShellContext)?.unread.values() ?? [])];
  const count = unread.reduce((sum, each) => sum + each.count, 0);
  useEffect(() => {
    const name = title === '' ? 'Weft' : `${title} · Weft`;
    document.title = count === 0 ? name : `(${count}) ${name}`;
  }, [title, count]);
}
