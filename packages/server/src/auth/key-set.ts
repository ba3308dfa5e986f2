import { readFile } from 'node:fs/promises';
import { WeftError } from '@weft/protocol';
import { type JSONWebKeySet, type JWTVerifyGetKey, createLocalJWKSet, errors } from 'jose';
import * as v from 'valibot';
import { type Logger, reasonOf } from '../logger.ts';

/**
 * Algorithms of tokens that somebody else signs: with a private key, always. An HMAC is not among them, since its
 * key would be the public one, and `none` is no signature.
 */
export const PUBLIC_KEY_ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
] as const;

/** Milliseconds. */
const TIMING = {
  /** Keys older than this are fetched anew beside the next sign-in: a key that was taken out ends to count. */
  refresh: 10 * 60_000,
  /** Keys older than this sign nobody in: whoever can keep us from the key server must not keep a stolen key alive. */
  stale: 60 * 60_000,
  /** Between two fetches that an unknown key or a failure causes: strangers must not make us flood the key server. */
  cooldown: 30_000,
  /** One fetch. */
  fetch: 5_000,
} as const;

/** Bytes of a key set; the largest ones in use have some tens of keys. */
const BODY_MAX_BYTES = 1024 * 1024;

export interface KeySetOptions {
  /** Where the key set (RFC 7517) is: an `https:` address (`http:` on this machine only), or a file. */
  readonly source: string;
  /** What the tokens' `iss` must be; any when left out. */
  readonly issuer?: string;
  /** What must be among the tokens' `aud`; any when left out. */
  readonly audience?: string;
  readonly logger: Logger;
  /** UTC milliseconds. */
  readonly now: () => number;
}

/** The keys of whoever signs tokens, kept fresh. */
export interface KeySet {
  readonly issuer: string | undefined;
  readonly audience: string | undefined;
  /**
   * The key that a token names (`kid`), for `jwtVerify`. One that is not known is looked for at the source, at most
   * once in 30 s for everybody together.
   * Rejects with WeftError `sign-in-unavailable` while the source does not answer and so nobody can tell; with an
   * error of `jose` when there is no such key.
   */
  readonly key: JWTVerifyGetKey;
}

/** A key set that cannot be used: one line that says what to do. */
export class KeySetError extends Error {}

/** What may be in a public key of one of our algorithms. `d`, `k` and the primes are secrets. */
const keySetSchema = v.object({
  keys: v.array(
    v.looseObject({
      kty: v.string(),
      kid: v.optional(v.string()),
      d: v.optional(v.string()),
      k: v.optional(v.string()),
    }),
  ),
});

/**
 * Reads a key set once, so that a mistake is seen at the start, and keeps it fresh from then on.
 * @throws KeySetError when it cannot be read, holds no key, or holds a secret one
 */
export async function openKeySet(options: KeySetOptions): Promise<KeySet> {
  const { source, logger, now } = options;
  const read = readerOf(source);
  let keys = await load(read, source);
  let fetchedAt = now();
  let triedAt = fetchedAt;
  let failing = false;
  let pending: Promise<void> | undefined;

  /** One at a time, and none within the cooldown of the last. Never rejects: `failing` says how it went. */
  const refetch = (): Promise<void> => {
    if (pending !== undefined) return pending;
    if (now() - triedAt < TIMING.cooldown) return Promise.resolve();
    triedAt = now();
    pending = load(read, source)
      .then(
        (fresh) => {
          keys = fresh;
          fetchedAt = now();
          failing = false;
        },
        (error: unknown) => {
          failing = true;
          logger.error('The keys of tokens could not be fetched; those known stay in use.', {
            reason: reasonOf(error),
          });
        },
      )
      .finally(() => {
        pending = undefined;
      });
    return pending;
  };

  return {
    issuer: options.issuer,
    audience: options.audience,
    key: async (header, token) => {
      const age = now() - fetchedAt;
      if (age >= TIMING.refresh) {
        const done = refetch();
        if (age >= TIMING.stale) {
          await done;
          if (now() - fetchedAt >= TIMING.stale) throw new WeftError('sign-in-unavailable');
        }
      }
      try {
        return await keys(header, token);
      } catch (error) {
        if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
        const before = keys;
        await refetch();
        if (keys !== before) return keys(header, token);
        if (failing) throw new WeftError('sign-in-unavailable', undefined, { cause: error });
        throw error;
      }
    },
  };
}

/** @throws KeySetError for an address that anybody between us could answer for */
function readerOf(source: string): () => Promise<string> {
  if (!/^[a-z][a-z0-9+.-]+:\/\//i.test(source)) return () => readFile(source, 'utf8');
  const url = URL.canParse(source) ? new URL(source) : undefined;
  const here = ['localhost', '127.0.0.1', '[::1]'].includes(url?.hostname ?? '');
  if (url?.protocol !== 'https:' && !(url?.protocol === 'http:' && here)) {
    throw new KeySetError(`${source} must be an https address, or a file.`);
  }
  return async () => {
    const response = await fetch(url, {
      headers: { accept: 'application/jwk-set+json, application/json' },
      // What is trusted is this address, and not wherever it may lead.
      redirect: 'error',
      signal: AbortSignal.timeout(TIMING.fetch),
    });
    if (response.status !== 200) throw new Error(`it answers with status ${response.status}`);
    return readBody(response);
  };
}

async function readBody({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const parts: AsyncIterable<unknown> | readonly unknown[] = body ?? [];
  for await (const chunk of parts) {
    if (!(chunk instanceof Uint8Array)) throw new Error('it sends no bytes');
    size += chunk.byteLength;
    if (size > BODY_MAX_BYTES) throw new Error('it is larger than 1 MiB');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** @throws KeySetError */
async function load(read: () => Promise<string>, source: string): Promise<JWTVerifyGetKey> {
  let text: string;
  try {
    text = await read();
  } catch (error) {
    const { cause } = error instanceof Error ? error : {};
    const detail = cause instanceof Error ? `: ${cause.message}` : '';
    throw new KeySetError(`${source} cannot be read: ${reasonOf(error)}${detail}.`, {
      cause: error,
    });
  }
  return createLocalJWKSet(parse(text, source));
}

/** @throws KeySetError */
function parse(text: string, source: string): JSONWebKeySet {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new KeySetError(`${source} is not JSON.`, { cause });
  }
  if (!isKeySet(json)) {
    throw new KeySetError(`${source} is no key set: {"keys": […]} was expected.`);
  }
  const { keys } = json;
  if (keys.length === 0) throw new KeySetError(`${source} holds no key.`);
  for (const { kty, kid, d, k } of keys) {
    const which = kid === undefined ? `a key of type ${kty}` : `the key ${kid}`;
    if (d !== undefined || k !== undefined || kty === 'oct') {
      throw new KeySetError(`${source}: ${which} is secret; a key set holds public keys only.`);
    }
  }
  return json;
}

function isKeySet(json: unknown): json is JSONWebKeySet {
  return v.safeParse(keySetSchema, json).success;
}
