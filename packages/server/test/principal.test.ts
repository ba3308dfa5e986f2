import { openMemoryStore } from '@weft/storage/memory';
import { expect, it, onTestFinished } from 'vitest';
import { createWeftCore, silentLogger } from '../src/index.ts';

/** A core whose embedder takes any token for the person that it spells, as `tenant sub`. */
async function setup() {
  const core = await createWeftCore({
    store: await openMemoryStore(),
    verify: async (token) => {
      const [tenant = '', sub = ''] = token.split(' ');
      return { tenant, sub, name: 'Somebody', grants: [], expires: undefined };
    },
    now: () => 1_800_000_000_000,
    logger: silentLogger,
    build: 'test',
  });
  onTestFinished(() => core.close());
  return core;
}

it.each([
  ['_', 'ann/document'],
  ['_', 'ann\n'],
  ['_', 'ann%2F'],
  ['_', '!server'],
  ['_', ''],
  ['_', 'a'.repeat(129)],
  ['a/b', 'ann'],
  ['', 'ann'],
  ['t'.repeat(65), 'ann'],
])(
  '[R1] nobody is let in as %j %j, whoever verified them: it would be part of the keys of others',
  async (tenant, sub) => {
    const core = await setup();
    await expect(core.verify(`${tenant} ${sub}`)).rejects.toMatchObject({ code: 'token-invalid' });
  },
);

it('[R1] ids of other systems are taken as they are, up to their longest', async () => {
  const core = await setup();
  for (const sub of ['ann', '01JD4Z-_9', 'a'.repeat(128)]) {
    expect(await core.verify(`_ ${sub}`)).toMatchObject({ sub });
  }
});
