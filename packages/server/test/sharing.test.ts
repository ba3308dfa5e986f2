import { describe, expect, it } from 'vitest';
import { rawClient } from './support/raw-client.ts';
import { signToken, startServer } from './support/server.ts';

/** A server, and whoever asks it over HTTP by their name. */
async function sharing() {
  let clock = Date.now();
  const { http, sync, store } = await startServer({ now: () => clock });
  const tokens = new Map<string, string>();
  const tokenOf = async (sub: string) => {
    const token = tokens.get(sub) ?? (await signToken(sub));
    tokens.set(sub, token);
    return token;
  };
  const ask = async (sub: string, request: string, body?: unknown) => {
    const [method = '', path = ''] = request.split(' ');
    const response = await fetch(`${http}/api/${path}`, {
      method,
      headers: { authorization: `Bearer ${await tokenOf(sub)}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const answer: unknown = await response.json();
    return { status: response.status, answer };
  };
  await store.registry.createResource({
    tenant: '_',
    kind: 'document',
    id: 'plan',
    parent: 'workspace/main',
    owner: 'ann',
    created: 0,
  });
  const opens = async (sub: string, document = 'document/plan') => {
    const client = await rawClient(sync);
    await client.hello(await tokenOf(sub));
    return { client, result: await client.open(document) };
  };
  return { ask, opens, store, tokens, sync, pass: (ms: number) => (clock += ms) };
}

const PLAN = 'rights/document/plan';

describe('sharing over HTTP', () => {
  it('[R2] an owner gives and takes roles; nobody else does, and outsiders learn nothing', async () => {
    const { ask, opens } = await sharing();
    expect((await opens('bea')).result).toBe('forbidden');
    expect((await ask('ann', `PUT ${PLAN}/members/bea`, { role: 'editor' })).status).toBe(200);
    expect((await opens('bea')).result).toBe('read-write');
    expect((await ask('ann', `GET ${PLAN}/members`)).answer).toEqual({
      role: 'owner',
      members: [{ person: 'bea', role: 'editor' }],
    });
    for (const request of [
      ['bea', `PUT ${PLAN}/members/cy`, { role: 'reader' }],
      ['bea', `PUT ${PLAN}/members/bea`, { role: 'owner' }],
      ['bea', `DELETE ${PLAN}/members/ann`],
      ['bea', `POST ${PLAN}/invites`, { role: 'reader' }],
      ['bea', `GET ${PLAN}/invites`],
      ['cy', `GET ${PLAN}/members`],
      ['cy', 'GET rights/document/never/members'],
      ['cy', `DELETE ${PLAN}/members/cy`],
      ['cy', 'POST revocations', { sub: 'ann' }],
      ['cy', 'POST changes', {}],
    ] as const) {
      const [sub, what, body] = request;
      expect(await ask(sub, what, body)).toMatchObject({
        status: 403,
        answer: { code: 'forbidden' },
      });
    }
    expect((await ask('bea', `DELETE ${PLAN}/members/bea`)).status).toBe(200);
    expect((await opens('bea')).result).toBe('forbidden');
  });

  it('[R3] taking a role acts on the open socket; the last owner stays', async () => {
    const { ask, opens } = await sharing();
    await ask('ann', `PUT ${PLAN}/members/bea`, { role: 'owner' });
    const { client } = await opens('bea');
    const since = performance.now();
    await ask('ann', `PUT ${PLAN}/members/bea`, { role: 'none' });
    await client.until(() =>
      client.received.find((frame) => frame.kind === 'auth' && frame.result === 'forbidden'),
    );
    expect(performance.now() - since).toBeLessThan(1000);
    expect(await ask('ann', `PUT ${PLAN}/members/ann`, { role: 'editor' })).toMatchObject({
      status: 409,
      answer: { code: 'last-owner' },
    });
    await ask('ann', `PUT ${PLAN}/members/bea`, { role: 'owner' });
    expect((await ask('ann', `PUT ${PLAN}/members/ann`, { role: 'reader' })).status).toBe(200);
    expect((await opens('ann')).result).toBe('readonly');
    expect((await ask('ann', `DELETE ${PLAN}/members/bea`)).status).toBe(403);
  });

  it('an invite lets in whoever has its secret, until it expires or is taken back; no role falls by it', async () => {
    const { ask, opens, pass, store } = await sharing();
    const made = await ask('ann', `POST ${PLAN}/invites`, { role: 'commenter', lifetime: 60_000 });
    const { secret, id } = made.answer as { secret: string; id: string };
    const { client, result } = await opens('bea');
    expect(result).toBe('forbidden');
    expect((await ask('bea', `POST invites/${secret}`)).answer).toEqual({
      resource: 'document/plan',
      role: 'commenter',
    });
    // Whoever waits with the page open is told.
    expect(await client.weft('access')).toMatchObject({ role: 'commenter' });
    expect((await ask('ann', `POST invites/${secret}`)).answer).toMatchObject({ role: 'owner' });
    expect(JSON.stringify((await ask('ann', `GET ${PLAN}/invites`)).answer)).not.toContain(secret);
    expect(await store.registry.invite(secret)).toBeUndefined();
    await ask('ann', `PUT ${PLAN}/members/bea`, { role: 'none' });
    expect((await ask('bea', `POST invites/${secret}`)).status).toBe(403);
    expect((await ask('cy', 'POST invites/made-up')).answer).toMatchObject({
      code: 'invite-unknown',
    });
    pass(60_000);
    expect((await ask('cy', `POST invites/${secret}`)).status).toBe(404);
    pass(-60_000);
    expect((await ask('ann', `DELETE ${PLAN}/invites/${id}`)).status).toBe(200);
    expect((await ask('cy', `POST invites/${secret}`)).status).toBe(404);
  });

  it('[R3] a back end takes sign-ins back, in its own tenant', async () => {
    const { ask, opens, tokens } = await sharing();
    const all = [{ resource: '*', role: 'owner' }] as const;
    tokens.set('back-end', await signToken('back-end', all));
    tokens.set('elsewhere', await signToken('elsewhere', all, { tid: 'other' }));
    const { client } = await opens('ann');
    await ask('elsewhere', 'POST revocations', { sub: 'ann' });
    expect((await ask('ann', `GET ${PLAN}/members`)).status).toBe(200);
    expect((await ask('back-end', 'POST revocations', { sub: 'ann' })).status).toBe(200);
    expect(await client.closed()).toMatchObject({ code: 4403, reason: 'revoked' });
    expect(await ask('ann', `GET ${PLAN}/members`)).toMatchObject({
      status: 401,
      answer: { code: 'revoked' },
    });
  });

  it.each([
    ['PUT rights/document/plan/members/bea', { role: 'admin' }, 400],
    ['PUT rights/document/plan/members/not%20an%20id', { role: 'editor' }, 400],
    ['PUT rights/folder/plan/members/bea', { role: 'editor' }, 404],
    ['PATCH rights/document/plan/members', undefined, 405],
    ['POST rights/document/plan/invites', { role: 'reader', lifetime: 1e15 }, 400],
    ['GET rights/document/plan/other', undefined, 404],
    ['GET revocations', undefined, 405],
  ] as const)('%s with %j is answered with %i', async (request, body, status) => {
    const { ask } = await sharing();
    expect((await ask('ann', request, body)).status).toBe(status);
  });
});
