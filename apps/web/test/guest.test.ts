import { describe, expect, it } from 'vitest';
import {
  forgetGuest,
  rememberedGuest,
  rememberGuest,
  signInAsGuest,
} from '../src/session/guest.ts';
import { createIdList } from '../src/sync/id-list.ts';

function storage(kept: Record<string, string> = {}) {
  const map = new Map(Object.entries(kept));
  return {
    getItem: (key: string) => map.get(key) ?? null,
    setItem: (key: string, text: string) => void map.set(key, text),
    removeItem: (key: string) => void map.delete(key),
  };
}

const answers =
  (status: number, body: unknown): typeof fetch =>
  () =>
    Promise.resolve(Response.json(body, { status }));

describe('a guest', () => {
  it('is remembered without the token, and forgotten', () => {
    const device = storage();
    const answer = { sub: 'g1', name: 'Ann', secret: 's', token: 't' };
    rememberGuest(device, answer);
    expect(rememberedGuest(device)).toEqual({ sub: 'g1', name: 'Ann', secret: 's' });
    forgetGuest(device);
    expect(rememberedGuest(device)).toBeUndefined();
  });

  it.each(['', '{', '7', '{"sub":"g1"}', '{"sub":"g1","name":"","secret":"s"}'])(
    'is nobody when %s is kept',
    (text) => {
      expect(rememberedGuest(storage({ 'weft.guest': text }))).toBeUndefined();
    },
  );

  it('signs in with a name', async () => {
    const answer = { sub: 'g1', name: 'Ann', secret: 's', token: 't', expires: 1 };
    await expect(signInAsGuest({ name: 'Ann' }, answers(200, answer))).resolves.toMatchObject({
      token: 't',
      secret: 's',
    });
  });

  it('is refused with the server’s code', async () => {
    const refusal = answers(403, { code: 'guests-off', message: 'This server takes no guests.' });
    await expect(signInAsGuest({ name: 'Ann' }, refusal)).rejects.toMatchObject({
      code: 'guests-off',
    });
  });

  it('is not taken from an answer that is something else', async () => {
    await expect(signInAsGuest({ name: 'Ann' }, answers(200, { token: '' }))).rejects.toThrow();
    await expect(
      signInAsGuest({ name: 'Ann' }, answers(502, 'bad gateway')),
    ).rejects.not.toHaveProperty('code');
  });
});

describe('a list of ids', () => {
  it('survives a reload, and what cannot be read is empty', () => {
    const device = storage();
    const list = createIdList(device, 'k');
    list.add('a');
    list.add('b');
    list.delete('a');
    expect(createIdList(device, 'k').all()).toEqual(['b']);
    expect(createIdList(storage({ k: '{"a":1}' }), 'k').all()).toEqual([]);
    expect(createIdList(storage({ k: '[1,"c"]' }), 'k').all()).toEqual(['c']);
  });
});
