import { ID_PATTERN } from '@weft/protocol';

/** What a path of the app names. */
export type Route =
  | { readonly screen: 'home' }
  | { readonly screen: 'document'; readonly id: string; readonly beside: BesideRoute }
  | { readonly screen: 'channel'; readonly id: string }
  | { readonly screen: 'missing' };

/** What is shown beside a document. */
export type BesideRoute =
  | { readonly show: 'conversation' }
  /** The list of its comment threads. */
  | { readonly show: 'threads' }
  /** One that is being begun. */
  | { readonly show: 'new-thread' }
  | { readonly show: 'thread'; readonly anchor: string };

/** Reads a path (`location.pathname`). Ids outside the grammar name nothing. */
export function parsePath(path: string): Route {
  const [, kind, id, ...more] = path.replace(/(.)\/$/, '$1').split('/');
  if (kind === '' && id === undefined) return { screen: 'home' };
  if (id === undefined || !ID_PATTERN.test(id)) return { screen: 'missing' };
  const beside = besideOf(more);
  if (kind === 'd' && beside !== undefined) return { screen: 'document', id, beside };
  if (kind === 'c' && more.length === 0) return { screen: 'channel', id };
  return { screen: 'missing' };
}

function besideOf([threads, which, ...rest]: readonly string[]): BesideRoute | undefined {
  if (threads === undefined) return { show: 'conversation' };
  if (threads !== 'threads' || rest.length > 0) return undefined;
  if (which === undefined) return { show: 'threads' };
  if (which === 'new') return { show: 'new-thread' };
  return ID_PATTERN.test(which) ? { show: 'thread', anchor: which } : undefined;
}

/** The path of an entry of the directory; `parsePath` reads it back. */
export function pathOf(entry: {
  readonly kind: 'document' | 'channel';
  readonly id: string;
}): string {
  return `/${entry.kind === 'document' ? 'd' : 'c'}/${entry.id}`;
}

/** The path of a document with the list of its comment threads. */
export function pathOfThreads(document: string): string {
  return `${pathOf({ kind: 'document', id: document })}/threads`;
}

/** The path of a document with one of its threads; `new` for one that is being begun. */
export function pathOfThread(document: string, anchor: string): string {
  return `${pathOfThreads(document)}/${anchor}`;
}

/** The path of an entry with one of its messages. */
export function pathOfMessage(
  entry: { readonly kind: 'document' | 'channel'; readonly id: string },
  sequence: number,
): string {
  return `${pathOf(entry)}#message-${sequence}`;
}

/** The sequence of the message that a hash (`location.hash`) names, if it names one. */
export function sequenceIn(hash: string): number | undefined {
  const [, digits] = /^#message-(\d{1,15})$/.exec(hash) ?? [];
  return digits === undefined ? undefined : Number(digits);
}
