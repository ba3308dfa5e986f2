import { createHash, randomBytes } from 'node:crypto';
import * as z from 'zod/mini';
import {
  DEFAULT_TENANT,
  MAIN_WORKSPACE,
  NAME_MAX,
  WeftError,
  formatResource,
} from '@weft/protocol';
import type { Registry } from '@weft/storage';
import type { Tokens } from './tokens.ts';

/** What a guest asks for: a name, and the secret of an earlier visit. */
const requestSchema = z.object({
  name: z.string().check(z.trim(), z.minLength(1), z.maxLength(NAME_MAX), z.regex(/^[^\p{Cc}]*$/u)),
  secret: z.optional(z.string().check(z.maxLength(256))),
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
  const parsed = requestSchema.safeParse(request);
  if (!parsed.success) {
    throw new WeftError('request-invalid', `A name of 1 to ${NAME_MAX} characters is needed.`);
  }
  const { name } = parsed.data;
  const secret = parsed.data.secret ?? randomBytes(32).toString('base64url');
  const hash = createHash('sha256').update(secret).digest('hex');
  const known = parsed.data.secret === undefined ? undefined : await registry.guest(hash);
  if (parsed.data.secret !== undefined && known === undefined) throw new WeftError('guest-unknown');
  const guest = known ?? {
    tenant: DEFAULT_TENANT,
    sub: `guest-${randomBytes(12).toString('hex')}`,
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
