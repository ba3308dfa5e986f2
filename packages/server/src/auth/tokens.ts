import { SignJWT, errors, jwtVerify } from 'jose';
import { DEFAULT_TENANT, WeftError, claimsSchema } from '@weft/protocol';
import type { Principal } from './principal.ts';

/** Shortest secret, in bytes: HS256 needs a key as long as its hash (RFC 7518, 3.2). */
export const SECRET_MIN_BYTES = 32;

/** Tokens are JWTs (RFC 7519), HS256. */
export class Tokens {
  readonly #key: Uint8Array;
  readonly #now: () => number;

  /** @param now UTC milliseconds */
  constructor(secret: string, now: () => number) {
    this.#key = new TextEncoder().encode(secret);
    this.#now = now;
  }

  /**
   * The person behind a token.
   * @throws WeftError `token-required`, `token-expired` or `token-invalid`
   */
  async verify(token: string): Promise<Principal> {
    if (token === '') throw new WeftError('token-required');
    try {
      const { payload } = await jwtVerify(token, this.#key, {
        algorithms: ['HS256'],
        currentDate: new Date(this.#now()),
      });
      const claims = claimsSchema.parse(payload);
      return {
        tenant: claims.tid,
        sub: claims.sub,
        name: claims.name,
        grants: claims.access,
        expires: claims.exp === undefined ? undefined : claims.exp * 1000,
      };
    } catch (cause) {
      const code = cause instanceof errors.JWTExpired ? 'token-expired' : 'token-invalid';
      throw new WeftError(code, undefined, { cause });
    }
  }

  /** A token without grants: its rights are the database's. @param lifetime milliseconds */
  async sign(
    person: { readonly tenant: string; readonly sub: string; readonly name: string },
    lifetime: number,
  ): Promise<{ readonly token: string; readonly expires: number }> {
    const now = Math.floor(this.#now() / 1000);
    const exp = now + Math.floor(lifetime / 1000);
    const claims = {
      name: person.name,
      ...(person.tenant === DEFAULT_TENANT ? {} : { tid: person.tenant }),
    };
    const token = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
      .setSubject(person.sub)
      .setIssuedAt(now)
      .setExpirationTime(exp)
      .sign(this.#key);
    return { token, expires: exp * 1000 };
  }
}
