import { ID_PATTERN } from '@weft/protocol';

/** What a path of the app names. */
export type Route =
  | { readonly screen: 'home' }
  | { readonly screen: 'document'; readonly id: string }
  | { readonly screen: 'channel'; readonly id: string }
  | { readonly screen: 'missing' };

/** Reads a path (`location.pathname`). Ids outside the grammar name nothing. */
export function parsePath(path: string): Route {
  const [, kind, id, ...rest] = path.replace(/(.)\/$/, '$1').split('/');
  if (kind === '' && id === undefined) return { screen: 'home' };
  if (id === undefined || rest.length > 0 || !ID_PATTERN.test(id)) return { screen: 'missing' };
  if (kind === 'd') return { screen: 'document', id };
  if (kind === 'c') return { screen: 'channel', id };
  return { screen: 'missing' };
}

/** The path of an entry of the directory; `parsePath` reads it back. */
export function pathOf(entry: {
  readonly kind: 'document' | 'channel';
  readonly id: string;
}): string {
  return `/${entry.kind === 'document' ? 'd' : 'c'}/${entry.id}`;
}
