import { createHmac } from 'node:crypto';
import { PROTOCOL_VERSION } from '@weft/protocol';
import type { Store } from '@weft/storage';
import { openMemoryStore } from '@weft/storage/memory';
import { SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { Tokens } from '../src/auth/tokens.ts';
import { rawClient } from './support/raw-client.ts';
import { SECRET, editorToken, startServer } from './support/server.ts';

const NOW = 1_800_000_000_000;
const SECOND = NOW / 1000;

const part = (value: unknown) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

/** Signs whatever it is given, as nobody else would. */
function sign(head: unknown, claims: unknown, { secret = SECRET, hash = 'sha256' } = {}): string {
  const signed = `${part(head)}.${part(claims)}`;
  return `${signed}.${createHmac(hash, secret).update(signed).digest('base64url')}`;
}

const HEAD = { alg: 'HS256', typ: 'JWT' };
const ANN = { sub: 'ann', name: 'Ann' };
const tokens = new Tokens(SECRET, () => NOW);
const codeOf = (token: string) =>
  tokens.verify(token).then(
    ({ sub }) => sub,
    (error: { readonly code?: unknown }) => error.code,
  );

describe('a token of our own secret', () => {
  it('[R1] signs in whoever it names, as this server and others sign it', async () => {
    const { token } = await tokens.sign({ tenant: '_', ...ANN }, 60_000);
    const theirs = await new SignJWT({ name: 'Ann' })
      .setProtectedHeader({ alg: 'HS256' })
      .setSubject('ann')
      .sign(new TextEncoder().encode(SECRET));
    for (const each of [token, theirs, sign(HEAD, ANN)]) expect(await codeOf(each)).toBe('ann');
    expect(await codeOf(sign(HEAD, { ...ANN, name: 'Änn 安' }))).toBe('ann');
  });

  it('[R1] counts from when it says until when it says, to the second', async () => {
    expect(await codeOf(sign(HEAD, { ...ANN, exp: SECOND + 1, nbf: SECOND }))).toBe('ann');
    expect(await codeOf(sign(HEAD, { ...ANN, exp: SECOND }))).toBe('token-expired');
    expect(await codeOf(sign(HEAD, { ...ANN, nbf: SECOND + 1 }))).toBe('token-invalid');
    for (const claim of ['exp', 'nbf', 'iat']) {
      for (const value of ['1', null, {}, true]) {
        expect(await codeOf(sign(HEAD, { ...ANN, [claim]: value }))).toBe('token-invalid');
      }
    }
  });

  it('[R1] is refused where anything of it is another: signature, algorithm, parts, what it asks to be understood', async () => {
    const good = sign(HEAD, ANN);
    const [head = '', body = '', signature = ''] = good.split('.');
    const bad = [
      sign(HEAD, ANN, { secret: `${SECRET}.` }),
      sign({ alg: 'HS512' }, ANN, { hash: 'sha512' }),
      sign({ alg: 'HS384' }, ANN),
      sign({ alg: 'none' }, ANN),
      sign({ alg: ['HS256'] }, ANN),
      sign({}, ANN),
      sign({ ...HEAD, crit: ['b64'], b64: false }, ANN),
      sign({ ...HEAD, crit: [] }, ANN),
      sign('no JSON', ANN),
      sign(HEAD, 'no JSON'),
      sign(HEAD, [ANN]),
      sign(HEAD, '"text"'),
      `${head}.${part({ ...ANN, sub: 'eve' })}.${signature}`,
      `${part({ alg: 'HS256', typ: 'other' })}.${body}.${signature}`,
      `${head}.${body}.`,
      `${head}.${body}`,
      `${head}.${body}.${signature.slice(0, -4)}`,
      `${head}.${body}.${signature}AAAA`,
      `${head}.${body}.${signature}.`,
      `${good}.${good}`,
      ` ${good}`,
      '..',
      'x',
    ];
    for (const token of bad) expect([token, await codeOf(token)]).toEqual([token, 'token-invalid']);
    expect(await codeOf('')).toBe('token-required');
    // Bytes that are no text.
    const bytes = `${head}.${Buffer.from([0x7b, 0xff, 0x7d]).toString('base64url')}`;
    const mac = createHmac('sha256', SECRET).update(bytes).digest('base64url');
    expect(await codeOf(`${bytes}.${mac}`)).toBe('token-invalid');
  });
});

describe('a sign-in that is taken back', () => {
  it('[R3] while its token is being looked at ends its socket all the same', async () => {
    const memory = await openMemoryStore();
    let looked = () => {};
    const looking = new Promise<void>((resolve) => {
      looked = resolve;
    });
    let release = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const revoked: Store['registry']['revoked'] = async (...name) => {
      const at = await memory.registry.revoked(...name);
      looked();
      await gate;
      return at;
    };
    const store = { ...memory, registry: { ...memory.registry, revoked } };
    const { sync, server } = await startServer({ store });
    const client = await rawClient(sync);
    const token = await editorToken('ann');
    client.say({ type: 'hello', protocol: PROTOCOL_VERSION, token, device: 'd', build: 't' });
    await looking;
    await server.revoke('_', { sub: 'ann' });
    // What was read of it is older than that.
    release();
    expect(await client.closed()).toMatchObject({ reason: 'revoked' });
  });
});
