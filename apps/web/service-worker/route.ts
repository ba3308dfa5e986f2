/** What of a request decides who answers it. */
export interface Asked {
  readonly method: string;
  readonly mode: string;
  readonly url: string;
}

/** Who answers a request. */
export type Route =
  /** Not ours: the browser goes on as if there were no service worker. */
  | { readonly to: 'network' }
  /** A page of the app, which routes by itself. */
  | { readonly to: 'page' }
  /** A file of this release. */
  | { readonly to: 'file'; readonly path: string }
  /** A file that only a tab of an earlier release can want: its code, loaded late. */
  | { readonly to: 'earlier'; readonly path: string };

/** What the server answers itself. A cached answer here would be an old token, or a health that is not. */
const SERVER_PATHS = ['/sync', '/auth', '/api', '/healthz', '/readyz', '/metrics'];

const NETWORK: Route = { to: 'network' };

/**
 * Decides who answers. What is not known to belong to the app's own files goes to the network, so that a path which
 * the server learns later is never hidden behind the app.
 * @param origin where the app lives; what other origins answer is not ours
 * @param files paths of this release's files
 */
export function routeOf(asked: Asked, origin: string, files: ReadonlySet<string>): Route {
  const url = new URL(asked.url);
  const path = url.pathname;
  if (asked.method !== 'GET' || url.origin !== origin || isServers(path)) return NETWORK;
  if (files.has(path)) return { to: 'file', path };
  if (path.startsWith('/assets/')) return { to: 'earlier', path };
  // As the server does: a last part with a dot names a file.
  const isPage = asked.mode === 'navigate' && !path.slice(path.lastIndexOf('/')).includes('.');
  return isPage ? { to: 'page' } : NETWORK;
}

function isServers(path: string): boolean {
  return SERVER_PATHS.some((own) => path === own || path.startsWith(`${own}/`));
}
