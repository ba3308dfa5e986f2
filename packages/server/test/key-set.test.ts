import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { type CryptoKey, SignJWT, exportJWK, exportSPKI, generateKeyPair } from 'jose';
import { describe, expect, it, onTestFinished } from 'vitest';
import { KeySetError, type Logger, Tokens, openKeySet, silentLogger } from '../src/index.ts';
import { rawClient } from './support/raw-client.ts';
import { SECRET, startServer, temporaryDirectory } from './support/server.ts';

/** A key and its public half, as a key server shows it. */
async function makeKey(kid: string, alg = 'ES256') {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { kid, alg, privateKey, publicKey, jwk: { ...(await exportJWK(publicKey)), kid, alg } };
}

function sign(
  key: { readonly kid: string; readonly alg: string; readonly privateKey: CryptoKey | Uint8Array },
  claims: Record<string, unknown> = {},
): Promise<string> {
  return new SignJWT({ sub: 'ann', name: 'Ann', ...claims })
    .setProtectedHeader({ alg: key.alg, kid: key.kid })
    .sign(key.privateKey);
}

/** A key server whose answer the test sets, and which counts how often it is asked. */
async function keyServer(keys: readonly object[]) {
  const state = { keys, status: 200, asked: 0 };
  const server = createServer((_request, response) => {
    state.asked += 1;
    response.writeHead(state.status, { location: '/elsewhere' });
    response.end(JSON.stringify({ keys: state.keys }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no address');
  return { state, source: `http://127.0.0.1:${address.port}/keys` };
}

/** Tokens by a key server, at a time that the test owns. */
async function tokensOf(
  source: string,
  options: { readonly issuer?: string; readonly audience?: string; readonly logger?: Logger } = {},
) {
  const clock = { now: 1_800_000_000_000 };
  const now = () => clock.now;
  const keys = await openKeySet({ source, logger: silentLogger, now, ...options });
  const tokens = new Tokens(SECRET, now, keys);
  /** The `sub` of a token, or the code of its refusal. */
  const who = (token: string): Promise<string> =>
    tokens.verify(token).then(
      ({ sub }) => sub,
      (error: unknown) =>
        error instanceof Error && 'code' in error ? String(error.code) : String(error),
    );
  return { clock, tokens, who };
}

describe('keys of others', () => {
  it.each(['RS256', 'PS384', 'ES256', 'ES512', 'EdDSA', 'Ed25519'])(
    '[R1] a token signed with %s is its person’s; so is one of the secret',
    async (alg) => {
      const key = await makeKey('one', alg);
      const { source } = await keyServer([key.jwk]);
      const { who, tokens } = await tokensOf(source);
      expect(await who(await sign(key))).toBe('ann');
      const own = { tenant: '_', sub: 'bea', name: 'Bea' };
      expect(await who((await tokens.sign(own, 60_000)).token)).toBe('bea');
    },
  );

  it('[R1] neither `none`, nor an HMAC over the public key, nor another’s key signs anybody in', async () => {
    const key = await makeKey('one');
    const { source } = await keyServer([key.jwk]);
    const { who } = await tokensOf(source);
    const bytes = (text: string) => new TextEncoder().encode(text);
    const pem = await exportSPKI(key.publicKey);
    const claims = Buffer.from(JSON.stringify({ sub: 'ann', name: 'Ann' })).toString('base64url');
    const none = Buffer.from(JSON.stringify({ alg: 'none', kid: 'one' })).toString('base64url');
    const stranger = await makeKey('one');
    const [head = '', body = ''] = (await sign(key)).split('.');
    const forged = [
      `${none}.${claims}.`,
      `${head}.${body}.`,
      await sign({ kid: 'one', alg: 'HS256', privateKey: bytes(pem) }),
      await sign({ kid: 'one', alg: 'HS256', privateKey: bytes(JSON.stringify(key.jwk)) }),
      await sign({ kid: 'one', alg: 'HS384', privateKey: bytes(SECRET) }),
      await sign({ kid: 'one', alg: 'HS512', privateKey: bytes(SECRET) }),
      await sign(stranger),
      await sign({ ...(await makeKey('one', 'RS256')), kid: 'one' }),
    ];
    for (const token of forged) expect(await who(token)).toBe('token-invalid');
    expect(await who(await sign(key))).toBe('ann');
  });

  it('[R1] without a key set, only the secret signs anybody in', async () => {
    const tokens = new Tokens(SECRET, Date.now);
    await expect(tokens.verify(await sign(await makeKey('one')))).rejects.toMatchObject({
      code: 'token-invalid',
    });
  });

  it('issuer and audience are checked where they are named', async () => {
    const key = await makeKey('one');
    const { source } = await keyServer([key.jwk]);
    const { who } = await tokensOf(source, { issuer: 'https://id.example', audience: 'weft' });
    expect(await who(await sign(key, { iss: 'https://id.example', aud: ['weft', 'x'] }))).toBe(
      'ann',
    );
    expect(await who(await sign(key, { iss: 'https://id.example', aud: 'other' }))).toBe(
      'token-invalid',
    );
    expect(await who(await sign(key, { iss: 'https://evil.example', aud: 'weft' }))).toBe(
      'token-invalid',
    );
    expect(await who(await sign(key))).toBe('token-invalid');
    expect(await who(await sign(key, { exp: 1 }))).not.toBe('ann');
  });

  it('signs people in on a socket with a token of the key server', async () => {
    const key = await makeKey('one');
    const { source } = await keyServer([key.jwk]);
    const keys = await openKeySet({ source, logger: silentLogger, now: Date.now });
    const { sync } = await startServer({ keys });
    const client = await rawClient(sync);
    const access = [{ resource: 'document/*', role: 'editor' }];
    expect(await client.hello(await sign(key, { access }))).toMatchObject({ sub: 'ann' });
    expect(await client.open('document/a')).toBe('read-write');
  });
});

describe('keys that change', () => {
  it('[R1] a key that is new is found with one question; many who bring it ask once together', async () => {
    const [old, fresh] = [await makeKey('old'), await makeKey('fresh')];
    const { state, source } = await keyServer([old.jwk]);
    const { clock, who } = await tokensOf(source);
    state.keys = [old.jwk, fresh.jwk];
    clock.now += 30_000;
    const token = await sign(fresh);
    const all = await Promise.all(Array.from({ length: 100 }, () => who(token)));
    expect(new Set(all)).toEqual(new Set(['ann']));
    expect(state.asked).toBe(2);
  });

  it('[R1] keys that nobody has are looked for once in 30 s, whoever asks how often', async () => {
    const key = await makeKey('one');
    const { state, source } = await keyServer([key.jwk]);
    const { clock, who } = await tokensOf(source);
    clock.now += 30_000;
    for (let i = 0; i < 20; i += 1) {
      expect(await who(await sign(await makeKey(`made-up-${i}`)))).toBe('token-invalid');
    }
    expect(state.asked).toBe(2);
    clock.now += 30_000;
    expect(await who(await sign(await makeKey('made-up')))).toBe('token-invalid');
    expect(state.asked).toBe(3);
    expect(await who(await sign(key))).toBe('ann');
    expect(state.asked).toBe(3);
  });

  it('[R1] a key that has left the set signs nobody in after the next look, ten minutes on', async () => {
    const [old, fresh] = [await makeKey('old'), await makeKey('fresh')];
    const { state, source } = await keyServer([old.jwk]);
    const { clock, who } = await tokensOf(source);
    state.keys = [fresh.jwk];
    const token = await sign(old);
    clock.now += 10 * 60_000;
    // The first after the time is not kept waiting; whoever comes after the answer meets the new keys.
    expect(await who(token)).toBe('ann');
    expect(await who(await sign(fresh))).toBe('ann');
    expect(await who(token)).toBe('token-invalid');
  });

  it('a key server that is down signs nobody out: known keys count for an hour, others are told to come back', async () => {
    const [old, fresh] = [await makeKey('old'), await makeKey('fresh')];
    const { state, source } = await keyServer([old.jwk]);
    const failures: string[] = [];
    const logger: Logger = { ...silentLogger, error: (message) => failures.push(message) };
    const { clock, who } = await tokensOf(source, { logger });
    state.status = 500;
    clock.now += 30_000;
    expect(await who(await sign(fresh))).toBe('sign-in-unavailable');
    expect(await who(await sign(fresh))).toBe('sign-in-unavailable');
    expect(await who(await sign(old))).toBe('ann');
    expect(state.asked).toBe(2);
    expect(failures).toHaveLength(1);
    clock.now += 60 * 60_000;
    expect(await who(await sign(old))).toBe('sign-in-unavailable');
    state.status = 200;
    state.keys = [fresh.jwk];
    clock.now += 30_000;
    expect(await who(await sign(fresh))).toBe('ann');
    expect(await who(await sign(old))).toBe('token-invalid');
  });

  it('a file is read again like an address', async () => {
    const [old, fresh] = [await makeKey('old'), await makeKey('fresh')];
    const file = join(temporaryDirectory(), 'keys.json');
    writeFileSync(file, JSON.stringify({ keys: [old.jwk] }));
    const { clock, who } = await tokensOf(file);
    expect(await who(await sign(old))).toBe('ann');
    writeFileSync(file, JSON.stringify({ keys: [fresh.jwk] }));
    clock.now += 30_000;
    expect(await who(await sign(fresh))).toBe('ann');
    expect(await who(await sign(old))).toBe('token-invalid');
  });
});

describe('a key set that cannot be used', () => {
  const opened = (source: string) =>
    openKeySet({ source, logger: silentLogger, now: Date.now }).catch((error: unknown) => error);
  const file = (text: string) => {
    const path = join(temporaryDirectory(), 'keys.json');
    writeFileSync(path, text);
    return path;
  };

  it.each([
    ['{"keys": []}', /holds no key/],
    ['{"keys": 5}', /is no key set/],
    ['<html>', /is not JSON/],
    ['{"keys": [{"kty": "oct", "kid": "s", "k": "AAAA"}]}', /the key s is secret/],
    ['{"keys": [{"kty": "EC", "d": "AAAA"}]}', /a key of type EC is secret/],
  ])('is refused at the start: %s', async (text, words) => {
    const error = await opened(file(text));
    expect(error).toBeInstanceOf(KeySetError);
    expect(String(error)).toMatch(words);
  });

  it('is refused at an address that others can answer for, that leads elsewhere or that fails', async () => {
    expect(String(await opened('http://id.example/keys'))).toMatch(/must be an https address/);
    expect(String(await opened('ftp://id.example/keys'))).toMatch(/must be an https address/);
    const { state, source } = await keyServer([]);
    state.status = 404;
    expect(String(await opened(source))).toMatch(/answers with status 404/);
    state.status = 302;
    expect(await opened(source)).toBeInstanceOf(KeySetError);
    expect(state.asked).toBe(2);
  });
});
