import { encodeWeft } from '@weft/protocol';
import { openMemoryStore } from '@weft/storage/memory';
import { expect, it, onTestFinished, vi } from 'vitest';
import { createWeftCore, silentLogger } from '../src/index.ts';
import { rawClient } from './support/raw-client.ts';
import { editorToken, signToken, startServer } from './support/server.ts';
import { SessionClient } from './support/session-client.ts';

it('[P3] whoever has a workspace open sees who else has, under the name of their token, and when they left', async () => {
  const { sync } = await startServer();
  const ann = await rawClient(sync);
  await ann.hello(await editorToken('ann'));
  await ann.open('workspace/main');
  expect(await ann.weft('people')).toMatchObject({
    workspace: 'main',
    whole: true,
    present: 1,
    people: [{ sub: 'ann', name: 'Name of ann', state: 'online' }],
  });
  const bea = await rawClient(sync);
  await bea.hello(await editorToken('bea'));
  // Signed in is not there: she has another workspace open.
  await bea.open('workspace/other');
  await bea.weft('people');
  await bea.open('workspace/main');
  const sees = (state: string) =>
    ann.weft(
      'people',
      ({ people }) => people?.some((each) => each.sub === 'bea' && each.state === state) === true,
    );
  await sees('online');
  bea.say({ type: 'presence', state: 'idle' });
  await sees('idle');
  // An outsider sees nobody, and is seen by nobody.
  const mallory = await rawClient(sync);
  await mallory.hello(await signToken('mallory', [{ resource: 'document/*', role: 'owner' }]));
  expect(await mallory.open('workspace/main')).toBe('forbidden');
  mallory.say({ type: 'presence', state: 'online' });
  bea.cut();
  await sees('away');
  const told = (client: typeof ann) =>
    client.received.flatMap((each) =>
      each.kind === 'weft' && each.message.type === 'people' ? [each.message] : [],
    );
  expect(told(mallory)).toEqual([]);
  expect(JSON.stringify(told(ann))).not.toContain('mallory');
});

it('[P3] over a cut a person is there for a while, then away; back, they are told where everybody is', async () => {
  const core = await createWeftCore({
    store: await openMemoryStore(),
    verify: async (sub) => ({
      tenant: '_',
      sub,
      name: sub,
      grants: [{ resource: '*', role: 'editor' }],
      expires: undefined,
    }),
    now: Date.now,
    logger: silentLogger,
    build: 'test',
  });
  onTestFinished(() => core.close());
  const join = (sub: string) => new SessionClient(core, sub, 'workspace/main').start();
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => {
    vi.useRealTimers();
  });
  const ann = await join('ann');
  const bea = await join('bea');
  const people = ({ messages }: SessionClient) =>
    messages.flatMap((message) => (message.type === 'people' ? [message] : []));
  const states = (client: SessionClient) =>
    people(client)
      .at(-1)
      ?.people?.map(({ sub, state }) => `${sub} ${state}`);
  vi.advanceTimersByTime(1_000);
  ann.link.gone(1006);
  vi.advanceTimersByTime(22_000);
  bea.send(encodeWeft({ type: 'presence', state: 'idle' }));
  vi.advanceTimersByTime(1_000);
  expect(states(bea)).toEqual(['bea idle']);
  vi.advanceTimersByTime(3_000);
  expect(states(bea)).toEqual(['ann away']);
  ann.messages.length = 0;
  await ann.resume();
  await vi.waitFor(() => expect(states(ann)).toEqual(['bea idle', 'ann online']));
  // What happened while it was away was not kept for it.
  expect(people(ann)).toHaveLength(1);
});
