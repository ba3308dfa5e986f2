/**
 * Whether a page may open a socket. A browser names the origin of the page, and does so on every upgrade; whoever names
 * none is no browser, and has no sign-in of somebody else to misuse.
 * @param origin the `Origin` header
 * @param host the `Host` header: what the page itself was loaded from, where it is our own
 * @param allowed further origins, as browsers write them (`https://app.example`); `*` for all
 */
export function originAllowed(
  origin: string | undefined,
  host: string | undefined,
  allowed: readonly string[],
): boolean {
  if (origin === undefined || allowed.includes('*')) return true;
  // A sandboxed page or a file: no origin that could be our own.
  if (!URL.canParse(origin)) return false;
  // Behind a proxy that ends TLS the scheme is not ours to know: the host is compared.
  if (host !== undefined && new URL(origin).host === host.toLowerCase()) return true;
  return allowed.includes(origin);
}
