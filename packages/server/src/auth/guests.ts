import { createHash, randomBytes } from 'node:crypto';
import {
  DEFAULT_TENANT,
  MAIN_WORKSPACE,
  NAME_MAX,
  WeftError,
  formatResource,
} from '@weft/protocol';
import type { Registry } from '@weft/storage';
import * as v from 'valibot';
import { revokedName } from './revocations.ts';
import type { Tokens } from './tokens.ts';

/** What a guest asks for: a name, and the secret of an earlier visit. */
export const guestRequestSchema = v.object({
  name: v.pipe(
    v.string(),
    v.trim(),
    v.minLength(1),
    v.maxLength(NAME_MAX),
    v.regex(/^[^\p{Cc}]*$/u),
  ),
  secret: v.optional(v.pipe(v.string(), v.maxLength(256))),
});

/** What a guest gets: a token for now, and a secret that keeps who they are beyond it. */
export interface GuestSession {
  readonly token: string;
  /** UTC milliseconds. */
  readonly expires: number;
  readonly secret: string;
  readonly sub: string;
  readonly name: string;
}

/** Begins the `sub` of every guest. */
const GUEST = 'guest-';

/** Whether somebody signed in as a guest: of these there may be any number, and nobody vouches for them. */
export function isGuest(sub: string): boolean {
  return sub.startsWith(GUEST);
}

/** Milliseconds that a guest's token lives; it is renewed with the secret. */
const TOKEN_LIFETIME = 60 * 60 * 1000;

/**
 * Guest sign-in. Only a hash of the secret is kept, so that a copy of the database signs nobody in.
 * @throws WeftError `request-invalid` or `guest-unknown`; anything else is the store's failure
 */
export async function signInGuest(
  registry: Registry,
  tokens: Tokens,
  request: unknown,
): Promise<GuestSession> {
  const parsed = v.safeParse(guestRequestSchema, request);
  if (!parsed.success) {
    throw new WeftError('request-invalid', `A name of 1 to ${NAME_MAX} characters is needed.`);
  }
  const { name } = parsed.output;
  const secret = parsed.output.secret ?? randomBytes(32).toString('base64url');
  const hash = createHash('sha256').update(secret).digest('hex');
  const known = parsed.output.secret === undefined ? undefined : await registry.guest(hash);
  if (parsed.output.secret !== undefined && known === undefined)
    throw new WeftError('guest-unknown');
  // Nobody else vouches for a guest: who was turned out does not come back by themselves.
  if (
    known !== undefined &&
    (await registry.revoked(known.tenant, revokedName(known))) !== undefined
  )
    throw new WeftError('revoked');
  const guest = known ?? {
    tenant: DEFAULT_TENANT,
    sub: `${GUEST}${randomBytes(12).toString('hex')}`,
    name,
  };
  // The membership first: a guest that exists without it could sign in and would see nothing.
  if (known === undefined) {
    const main = formatResource({ kind: 'workspace', id: MAIN_WORKSPACE });
    await registry.setMember(guest.tenant, main, guest.sub, 'editor');
  }
  if (known?.name !== name) await registry.putGuest(hash, { ...guest, name });
  const { token, expires } = await tokens.sign({ ...guest, name }, TOKEN_LIFETIME);
  return { token, expires, secret, sub: guest.sub, name };
}
