import { useEffect, useState } from 'react';
import { useFileSource } from './context.ts';

export type FileUrl =
  | { readonly state: 'loading' }
  /** An address of this page alone, good while the component that asked for it is mounted. */
  | { readonly state: 'here'; readonly url: string }
  | { readonly state: 'missing'; readonly again: () => void };

/** The bytes of a file as an address: from this device, or from the server. */
export function useFileUrl(hash: string): FileUrl {
  const source = useFileSource();
  const [attempt, setAttempt] = useState(0);
  const [found, setFound] = useState<{ readonly of: string; readonly url: string | undefined }>();
  const of = `${hash} ${attempt}`;
  useEffect(() => {
    if (source === undefined) return undefined;
    let url: string | undefined;
    let gone = false;
    const again = () => setAttempt((count) => count + 1);
    source.openFile(hash).then(
      (content) => {
        if (gone) return;
        url = URL.createObjectURL(content);
        setFound({ of, url });
      },
      () => {
        if (gone) return;
        // What could not be had without a network may be had with it.
        window.addEventListener('online', again, { once: true });
        setFound({ of, url: undefined });
      },
    );
    return () => {
      gone = true;
      window.removeEventListener('online', again);
      if (url !== undefined) URL.revokeObjectURL(url);
    };
  }, [source, hash, of]);
  if (found?.of !== of) return { state: 'loading' };
  return found.url === undefined
    ? { state: 'missing', again: () => setAttempt((count) => count + 1) }
    : { state: 'here', url: found.url };
}
