import { DEFAULT_TENANT, WeftError, claimsSchema } from '@weft/protocol';
import { type CryptoKey, SignJWT, decodeProtectedHeader, errors, jwtVerify } from 'jose';
import * as v from 'valibot';
import { type KeySet, PUBLIC_KEY_ALGORITHMS } from './key-set.ts';
import type { Principal } from './principal.ts';

/** Shortest secret, in bytes: HS256 needs a key as long as its hash (RFC 7518, 3.2). */
export const SECRET_MIN_BYTES = 32;

/**
 * Tokens are JWTs (RFC 7519): signed with the secret (HS256), or with a key of the key set (law R1). Which of the two
 * may verify one follows from its algorithm alone, so that no public key is ever taken for a secret.
 */
export class Tokens {
  readonly #secret: Uint8Array<ArrayBuffer>;
  /** The secret, imported once: as bytes, it would be for each token. */
  #imported: Promise<CryptoKey> | undefined;
  readonly #now: () => number;
  readonly #keys: KeySet | undefined;

  /** @param now UTC milliseconds @param keys who else may sign tokens */
  constructor(secret: string, now: () => number, keys?: KeySet) {
    this.#secret = new TextEncoder().encode(secret);
    this.#now = now;
    this.#keys = keys;
  }

  /**
   * The person behind a token.
   * @throws WeftError `token-required`, `token-expired`, `token-invalid`, or `sign-in-unavailable` while its key cannot be
   *   looked up
   */
  async verify(token: string): Promise<Principal> {
    if (token === '') throw new WeftError('token-required');
    try {
      const claims = v.parse(claimsSchema, await this.#payload(token));
      return {
        tenant: claims.tid,
        sub: claims.sub,
        name: claims.name,
        grants: claims.access,
        ...(claims.iat === undefined ? {} : { issued: claims.iat * 1000 }),
        ...(claims.jti === undefined ? {} : { tokenId: claims.jti }),
        expires: claims.exp === undefined ? undefined : claims.exp * 1000,
      };
    } catch (cause) {
      if (cause instanceof WeftError) throw cause;
      const code = cause instanceof errors.JWTExpired ? 'token-expired' : 'token-invalid';
      throw new WeftError(code, undefined, { cause });
    }
  }

  #key(): Promise<CryptoKey> {
    const hmac = { name: 'HMAC', hash: 'SHA-256' };
    this.#imported ??= crypto.subtle.importKey('raw', this.#secret, hmac, false, [
      'sign',
      'verify',
    ]);
    return this.#imported;
  }

  async #payload(token: string): Promise<unknown> {
    const currentDate = new Date(this.#now());
    if (this.#keys === undefined || decodeProtectedHeader(token).alg === 'HS256') {
      const checks = { algorithms: ['HS256'], currentDate };
      return (await jwtVerify(token, await this.#key(), checks)).payload;
    }
    const { key, issuer, audience } = this.#keys;
    const { payload } = await jwtVerify(token, key, {
      algorithms: [...PUBLIC_KEY_ALGORITHMS],
      currentDate,
      ...(issuer === undefined ? {} : { issuer }),
      ...(audience === undefined ? {} : { audience }),
    });
    return payload;
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
      .sign(await this.#key());
    return { token, expires: exp * 1000 };
  }
}
