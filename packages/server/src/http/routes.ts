/** Every address that this server answers by HTTP itself, with its method and the template of its path (RFC 6570). */
export const ROUTES = [
  { method: 'GET', path: '/healthz' },
  { method: 'GET', path: '/readyz' },
  { method: 'GET', path: '/metrics' },
  { method: 'GET', path: '/openapi.json' },
  { method: 'GET', path: '/asyncapi.json' },
  { method: 'POST', path: '/auth/guest' },
  { method: 'POST', path: '/api/conversations/{conversation}/messages' },
  { method: 'GET', path: '/api/conversations/{conversation}/messages' },
  { method: 'GET', path: '/api/conversations/{conversation}/messages/{sequence}' },
  { method: 'GET', path: '/api/conversations/{conversation}/messages/{sequence}/revisions' },
  { method: 'GET', path: '/api/conversations/{conversation}/receipts' },
  { method: 'GET', path: '/api/conversations/{conversation}/unread' },
  { method: 'GET', path: '/api/conversations/{conversation}/members' },
  { method: 'GET', path: '/api/conversations/{conversation}/timings' },
  { method: 'GET', path: '/api/search' },
  { method: 'PUT', path: '/files/{hash}' },
  { method: 'GET', path: '/files/{hash}' },
  { method: 'GET', path: '/api/rights/{kind}/{id}/members' },
  { method: 'PUT', path: '/api/rights/{kind}/{id}/members/{person}' },
  { method: 'DELETE', path: '/api/rights/{kind}/{id}/members/{person}' },
  { method: 'POST', path: '/api/rights/{kind}/{id}/invites' },
  { method: 'GET', path: '/api/rights/{kind}/{id}/invites' },
  { method: 'DELETE', path: '/api/rights/{kind}/{id}/invites/{invite}' },
  { method: 'POST', path: '/api/invites/{secret}' },
  { method: 'POST', path: '/api/revocations' },
  { method: 'POST', path: '/api/changes' },
] as const satisfies readonly Route[];

/** One address with one of its methods. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
}

const TEMPLATES = [...new Set(ROUTES.map(({ path }) => path))].map((path) => ({
  path,
  parts: path.split('/'),
}));

/** The template that a path fits, whatever the method; `undefined` for what is not the server's own. */
export function templateOf(pathname: string): string | undefined {
  const parts = pathname.split('/');
  return TEMPLATES.find(
    (template) =>
      template.parts.length === parts.length &&
      template.parts.every((part, at) =>
        part.startsWith('{') ? parts[at] !== '' : part === parts[at],
      ),
  )?.path;
}
