import type { Registry } from '@weft/storage';
import type { Principal } from './principal.ts';

/** Names of what is taken back in the registry: all that a person was issued, or one token. */
export type Revoked = { readonly sub: string } | { readonly jti: string };

export function revokedName(what: Revoked): string {
  return 'sub' in what ? `sub/${what.sub}` : `jti/${what.jti}`;
}

/**
 * Whether a token was not taken back (law R3). It is issued to the second: one of the same second as the revocation is
 * taken for an older one.
 */
export async function stands(registry: Registry, principal: Principal): Promise<boolean> {
  const { tenant, sub, tokenId, issued = 0 } = principal;
  const names = [revokedName({ sub })];
  if (tokenId !== undefined) names.push(revokedName({ jti: tokenId }));
  for (const name of names) {
    const at = await registry.revoked(tenant, name);
    if (at !== undefined && issued <= at) return false;
  }
  return true;
}
