import { type KeyObject, createHmac, createSecretKey, timingSafeEqual } from 'node:crypto';
import { WeftError } from '@weft/protocol';
import * as v from 'valibot';

/**
 * Tokens of our own secret (RFC 7515 and 7519, HS256). By hand, since WebCrypto hands each signature to another thread and
 * back: that is a fifth of all that a connection costs when it comes, and many come at once after a restart.
 */

const PART = /^[A-Za-z0-9_-]+$/;

const headerSchema = v.object({
  alg: v.literal('HS256'),
  // Whatever it names would have to be understood (RFC 7515, 4.1.11).
  crit: v.optional(v.undefined()),
});

/** Numbers of seconds, as far as they say whether the token counts now; all else is checked by who reads the claims. */
const timesSchema = v.looseObject({
  exp: v.optional(v.number()),
  nbf: v.optional(v.number()),
  iat: v.optional(v.number()),
});

const utf8 = new TextDecoder('utf-8', { fatal: true });

export function secretKey(secret: string): KeyObject {
  return createSecretKey(Buffer.from(secret, 'utf8'));
}

/**
 * The claims of a token.
 * @param now seconds since 1970
 * @throws WeftError `token-expired`; `token-invalid`, or another error, for everything else that is wrong with it
 */
export function verifyHs256(token: string, key: KeyObject, now: number): unknown {
  const [head = '', body = '', signature = '', ...more] = token.split('.');
  const whole = more.length === 0 && [head, body, signature].every((part) => PART.test(part));
  if (!whole) throw new WeftError('token-invalid');
  v.parse(headerSchema, json(head));
  const due = createHmac('sha256', key).update(`${head}.${body}`).digest();
  const given = Buffer.from(signature, 'base64url');
  if (given.length !== due.length || !timingSafeEqual(given, due)) {
    throw new WeftError('token-invalid');
  }
  const claims = v.parse(timesSchema, json(body));
  const { exp, nbf } = claims;
  if (nbf !== undefined && nbf > now) throw new WeftError('token-invalid');
  if (exp !== undefined && exp <= now) throw new WeftError('token-expired');
  return claims;
}

function json(part: string): unknown {
  return JSON.parse(utf8.decode(Buffer.from(part, 'base64url')));
}
