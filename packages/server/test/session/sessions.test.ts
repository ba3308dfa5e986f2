import {
  type Grant,
  MessageType,
  PART_BYTES,
  PROTOCOL_VERSION,
  WeftError,
  encodeDataHead,
  encodeWeft,
} from '@weft/protocol';
import { openMemoryStore } from '@weft/storage/memory';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  type Principal,
  type SessionLimits,
  createWeftCore,
  silentLogger,
} from '../../src/index.ts';
import { SessionClient, TestLink } from '../support/session-client.ts';

const EDITOR: readonly Grant[] = [{ resource: '*', role: 'editor' }];

/** A core whose tokens are the names of people; `grants` and `expired` change under way. */
async function setup(limits: Partial<SessionLimits> = {}, denied?: ReadonlySet<string>) {
  const people = new Map<string, Partial<Principal>>();
  const core = await createWeftCore({
    store: await openMemoryStore(),
    verify: async (token) => {
      const own = people.get(token);
      if (token === 'expired') throw new WeftError('token-expired');
      return { tenant: '_', sub: token, name: token, grants: EDITOR, expires: undefined, ...own };
    },
    now: () => Date.now(),
    logger: silentLogger,
    build: 'test',
    sessions: limits,
    ...(denied === undefined
      ? {}
      : { authorize: ({ sub }: { readonly sub: string }) => (denied.has(sub) ? null : 'editor') }),
  });
  onTestFinished(() => core.close());
  const join = (token: string, device?: string) =>
    new SessionClient(core, token, 'document/one', device).start();
  return { core, people, join };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('a session', () => {
  it('[S1] carries what is larger than a frame in both directions: a long document is brought, and read by a newcomer', async () => {
    const { join } = await setup();
    const ann = await join('ann');
    const long = 'long '.repeat(500_000);
    ann.write(1, long);
    await vi.waitFor(() => expect(ann.messages.at(-1)).toMatchObject({ type: 'stored', n: 1 }));
    const ben = await join('ben');
    await vi.waitFor(() => expect(ben.text.length).toBe(long.length));
    expect(ben.link.code).toBeUndefined();
  });
});

describe('a session that is cut', () => {
  it('[S3] goes on with what was missed in both directions, and nothing is opened or compared again', async () => {
    const { core, join } = await setup();
    const ann = await join('ann');
    const ben = await join('ben');
    ann.link.mute();
    ann.write(1, 'a');
    ben.write(1, 'b');
    await vi.waitFor(() => expect(ben.messages.at(-1)).toMatchObject({ type: 'stored', n: 1 }));
    ann.link.gone(1006);
    ann.types.length = 0;
    expect(core.sessions.parked).toBe(1);
    expect((await ann.resume()).type).toBe('resumed');
    await vi.waitFor(() => expect(ben.text).toHaveLength(2));
    expect([...ann.text].toSorted()).toEqual(['a', 'b']);
    await vi.waitFor(() =>
      expect(ann.messages.at(-1)).toMatchObject({ type: 'stored', document: 'document/one', n: 1 }),
    );
    const came = ann.types.filter((type) => type !== MessageType.Awareness);
    expect(new Set(came)).toEqual(new Set([MessageType.Sync]));
    expect(core.sessions).toMatchObject({ opened: 2, resumed: 1, refused: 0, parked: 0 });
  });

  it('[S2][S3] what arrived before the cut is not brought twice, and its number is not counted twice', async () => {
    const { join } = await setup();
    const ann = await join('ann');
    ann.write(1, 'a');
    ann.link.gone(1006);
    const answer = await ann.resume();
    // The hello, two frames that opened the document, and the write had arrived: there is nothing to bring.
    expect(answer).toMatchObject({ type: 'resumed', received: 4 });
    expect(ann.window.frames).toBe(0);
  });

  it('[S3] its client may be back before the end of the old link is noticed; the old one says nothing more', async () => {
    const { core, join } = await setup();
    const ann = await join('ann');
    const old = ann.link;
    expect((await ann.resume()).type).toBe('resumed');
    expect(old.code).toBe(4410);
    ann.write(1, 'a');
    await vi.waitFor(() => expect(ann.messages.at(-1)).toMatchObject({ type: 'stored', n: 1 }));
    expect(core.sessions).toMatchObject({ parked: 0, resumed: 1 });
  });

  it('[S3] its secret is good for one time, whatever comes of it', async () => {
    const { core, join } = await setup();
    const ann = await join('ann');
    const first = ann.secret;
    ann.link.gone(1006);
    await ann.resume();
    const thief = new SessionClient(core, 'ann');
    expect(await thief.resume({ secret: first })).toEqual({
      type: 'refused',
      code: 'session-over',
    });
    // The session goes on all the same.
    ann.write(1, 'a');
    await vi.waitFor(() => expect(ann.messages.at(-1)).toMatchObject({ type: 'stored', n: 1 }));
  });

  it('[S3] it belongs to a person of a tenant: another one ends it, and gets nothing of it', async () => {
    const { core, people, join } = await setup();
    people.set('ann elsewhere', { sub: 'ann', tenant: 'other' });
    for (const token of ['eve', 'ann elsewhere', 'expired']) {
      const ann = await join('ann');
      ann.link.gone(1006);
      const code = token === 'expired' ? 'token-expired' : 'other-person';
      const eve = new SessionClient(core, token);
      expect(await eve.resume({ secret: ann.secret })).toEqual({ type: 'refused', code });
      expect(eve.link.frames).toHaveLength(1);
      expect(await ann.resume()).toEqual({ type: 'refused', code: 'session-over' });
    }
    expect(core.sessions.parked).toBe(0);
  });

  it.each([
    ['taken', []],
    ['less', [{ resource: '*', role: 'reader' as const }]],
  ])(
    '[S3][D9] rights that are %s meanwhile end it: what was kept is not brought to who may not read it',
    async (_, grants) => {
      const { people, join } = await setup();
      const ann = await join('ann');
      const ben = await join('ben');
      ann.link.gone(1006);
      ben.write(1, 'secret');
      await vi.waitFor(() => expect(ben.messages.at(-1)).toMatchObject({ type: 'stored' }));
      people.set('ann', { grants });
      expect((await ann.resume()).type).toBe('refused');
      await settled();
      expect(ann.link.frames).toHaveLength(1);
      expect(ann.text).toBe('');
    },
  );

  it('[S3][R3] rights that are taken and given back while it is parked end it: what they could not read is not brought', async () => {
    const denied = new Set<string>();
    const { core, join } = await setup({}, denied);
    const ann = await join('ann');
    const ben = await join('ben');
    ann.link.gone(1006);
    ben.write(1, 'secret');
    await vi.waitFor(() => expect(ben.messages.at(-1)).toMatchObject({ type: 'stored' }));
    denied.add('ann');
    core.rightsChanged('_', 'ann');
    await settled();
    denied.delete('ann');
    core.rightsChanged('_', 'ann');
    await settled();
    expect(await ann.resume()).toEqual({ type: 'refused', code: 'session-over' });
    expect(ann.text).toBe('');
  });

  it('[R3] a sign-in that is taken back while its session is parked ends it at once: nothing is kept for it', async () => {
    const { core, join } = await setup();
    const ann = await join('ann');
    const ben = await join('ben');
    ann.link.gone(1006);
    ben.write(1, 'secret');
    await vi.waitFor(() => expect(core.sessions.parkedBytes).toBeGreaterThan(0));
    await core.revoke('_', { sub: 'ann' });
    await vi.waitFor(() => expect(core.sessions).toMatchObject({ parked: 0, parkedBytes: 0 }));
    expect(await ann.resume()).toEqual({ type: 'refused', code: 'session-over' });
    // And of whoever is still allowed, nothing is lost.
    ben.link.gone(1006);
    expect((await ben.resume()).type).toBe('resumed');
  });

  it('after a refusal another session begins on the same socket', async () => {
    const { join } = await setup();
    const ann = await join('ann');
    ann.link.gone(1006);
    await ann.resume({ secret: 'unknown' });
    ann.link.say({ type: 'open' });
    expect(ann.link.frames.at(-1)?.type).toBe('opened');
  });

  it('whoever closes does not come back; whoever has not signed in has nothing to come back to', async () => {
    const { core, join } = await setup();
    const ann = await join('ann');
    const ben = await join('ben');
    ann.link.gone(1001);
    ben.link.gone(1000);
    new TestLink(core, () => undefined).gone(1006);
    expect(core.sessions.parked).toBe(0);
    expect((await ann.resume()).type).toBe('refused');
  });
});

describe('what a parked session costs', () => {
  it('[S4] it is over after a minute, and is not before', async () => {
    const { core, join } = await setup();
    const ann = await join('ann');
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => {
      vi.useRealTimers();
    });
    ann.link.gone(1006);
    vi.advanceTimersByTime(59_999);
    expect(core.sessions.parked).toBe(1);
    vi.advanceTimersByTime(1);
    expect(core.sessions.parked).toBe(0);
    expect((await ann.resume()).type).toBe('refused');
  });

  it('[S4] their number is bounded: the oldest makes room', async () => {
    const { core, join } = await setup({ parked: 2 });
    const clients = await Promise.all(['ann', 'ben', 'cy'].map((name) => join(name)));
    for (const { link } of clients) link.gone(1006);
    expect(core.sessions).toMatchObject({ parked: 2, evicted: 1 });
    const answers = [];
    for (const client of clients) answers.push((await client.resume()).type);
    expect(answers).toEqual(['refused', 'resumed', 'resumed']);
  });

  it('[S4] their bytes are bounded, all together and each by itself', async () => {
    const { core, join } = await setup({ parkedBytes: 100_000 });
    const [ann, ben, cy] = await Promise.all([join('ann'), join('ben'), join('cy')]);
    ann.link.gone(1006);
    ben.link.gone(1006);
    cy.write(1, 'x'.repeat(60_000));
    await vi.waitFor(() => expect(cy.messages.at(-1)).toMatchObject({ type: 'stored', n: 1 }));
    await vi.waitFor(() => expect(core.sessions).toMatchObject({ parked: 1, evicted: 1 }));
    expect(core.sessions.parkedBytes).toBeLessThanOrEqual(100_000);
    const alone = await setup();
    const dan = await alone.join('dan');
    const eve = await alone.join('eve');
    dan.link.gone(1006);
    for (let n = 1; n <= 12; n += 1) eve.write(n, 'x'.repeat(90_000));
    await vi.waitFor(() => expect(alone.core.sessions.parked).toBe(0));
    expect(alone.core.sessions.parkedBytes).toBe(0);
  });

  it('[S4] a client makes the server hold 64 KB before it has signed in, and no frame of more than a part', async () => {
    const { core } = await setup();
    const link = new TestLink(core, () => undefined);
    link.say({ type: 'open' });
    const part = (sequence: number) => {
      const head = encodeDataHead({ channel: 1, last: false }, sequence, 0);
      return Uint8Array.from([...head, ...new Uint8Array(PART_BYTES)]);
    };
    link.endpoint.receive(part(1));
    expect(link.code).toBeUndefined();
    link.endpoint.receive(part(2));
    expect(link.code).toBe(4400);
    const other = new TestLink(core, () => undefined);
    other.endpoint.receive(new Uint8Array(PART_BYTES + 65));
    expect(other.code).toBe(4400);
  });

  it('frames out of place end the link, and no other: data before a session, two sessions, an ack of the future', async () => {
    const { core, join } = await setup();
    const ann = await join('ann');
    const says: readonly ((link: TestLink) => void)[] = [
      (link) => link.say({ type: 'ping', received: 0 }),
      (link) => link.say({ type: 'opened', secret: 's' }),
      (link) => link.endpoint.receive(encodeDataHead({ channel: 0, last: true }, 1, 0)),
      (link) => {
        link.say({ type: 'open' });
        link.say({ type: 'open' });
      },
      (link) => {
        link.say({ type: 'open' });
        link.say({ type: 'ack', received: 1 });
      },
      (link) => {
        link.say({ type: 'open' });
        link.endpoint.receive(encodeDataHead({ channel: 0, last: true }, 2, 0));
      },
      (link) => link.endpoint.receive(Uint8Array.of(77)),
    ];
    const codes = says.map((say) => {
      const link = new TestLink(core, () => undefined);
      say(link);
      return link.code;
    });
    expect(codes).toEqual([4400, 4400, 4400, 4400, 4400, 4410, 4400]);
    ann.write(1, 'a');
    await vi.waitFor(() => expect(ann.messages.at(-1)).toMatchObject({ type: 'stored', n: 1 }));
  });
});

describe('the device of a session', () => {
  it('[S4] is one: a hello that names another moves it, and nothing is kept under the devices before', async () => {
    const { core, join } = await setup();
    const ann = await join('ann', 'first');
    const hello = async (device: string) => {
      const before = ann.messages.length;
      const own = { protocol: PROTOCOL_VERSION, token: 'ann', build: 't' };
      ann.send(encodeWeft({ type: 'hello', ...own, device }));
      await vi.waitFor(() =>
        expect(ann.messages.slice(before)).toContainEqual(
          expect.objectContaining({ type: 'welcome' }),
        ),
      );
    };
    for (let n = 0; n < 20; n += 1) await hello(`device-${n}`);
    expect(core.sessions.devices).toBe(1);
    // It is on its newest device: what it leaves behind there is not shown beside another session of that one.
    const ben = await join('ben');
    ann.point({ at: 1 });
    await vi.waitFor(() => expect(ben.others).toBe(1));
    ann.link.gone(1006);
    await join('ann', 'device-19');
    await vi.waitFor(() => expect(ben.others).toBe(0));
  });
});

describe('a session whose person got another role that writes', () => {
  it('[S3] goes on, and says so: whoever makes a document is its owner since the first write', async () => {
    const { people, join } = await setup();
    const ann = await join('ann');
    ann.write(1, 'a');
    await vi.waitFor(() => expect(ann.messages.at(-1)).toMatchObject({ type: 'stored', n: 1 }));
    ann.link.gone(1006);
    people.set('ann', { grants: [{ resource: '*', role: 'owner' }] });
    expect((await ann.resume()).type).toBe('resumed');
    await vi.waitFor(() =>
      expect(ann.messages.at(-1)).toEqual({
        type: 'access',
        document: 'document/one',
        role: 'owner',
      }),
    );
  });
});

describe('presence over a cut', () => {
  it('[P4] a person who is back in time was there all along; one who is not is gone after 25 s, and is back with their return', async () => {
    const { core, join } = await setup();
    const ann = await join('ann');
    const ben = await join('ben');
    // Also of the time within which presence is passed on together.
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => {
      vi.useRealTimers();
    });
    ann.point({ at: 1 });
    ben.point({ at: 2 });
    await vi.waitFor(() => expect([ann.others, ben.others]).toEqual([1, 1]));
    // Silent for 5 s already when the end was noticed.
    ann.link.gone(1006, 5_000);
    vi.advanceTimersByTime(19_999);
    ben.point({ at: 3 });
    await settled();
    expect(ben.others).toBe(1);
    expect(core.sessions.shed).toBeGreaterThan(0);
    vi.advanceTimersByTime(1);
    await vi.waitFor(() => expect(ben.others).toBe(0));
    // Ben leaves while Ann is away: she is told when she is back, and asked where she is herself.
    ben.point(null);
    await settled();
    ann.types.length = 0;
    expect((await ann.resume()).type).toBe('resumed');
    expect(ann.others).toBe(0);
    expect(ann.types).toEqual([MessageType.Awareness, MessageType.QueryAwareness]);
    ann.point({ at: 4 });
    await vi.waitFor(() => expect(ben.others).toBe(1));
  });

  it('[P6] a page that is reloaded while it is cut is shown once: what its device left behind is not shown beside it', async () => {
    const { join } = await setup();
    const ben = await join('ben');
    const before = await join('ann');
    before.point({ at: 1 });
    await vi.waitFor(() => expect(ben.others).toBe(1));
    before.link.gone(1006);
    await settled();
    expect(ben.others).toBe(1);
    const after = await join('ann');
    await vi.waitFor(() => expect(ben.others).toBe(0));
    after.point({ at: 2 });
    await vi.waitFor(() => expect(ben.others).toBe(1));
    // The server may notice the end of the link long after the page is back.
    after.link.mute();
    const last = await join('ann');
    last.point({ at: 3 });
    await vi.waitFor(() => expect(ben.others).toBe(2));
    after.link.gone(1006, 10_000);
    await vi.waitFor(() => expect(ben.others).toBe(1));
    // Another tab of the device that comes back is shown again, beside this one.
    expect((await after.resume()).type).toBe('resumed');
    after.point({ at: 4 });
    await vi.waitFor(() => expect(ben.others).toBe(2));
  });

  it('[P6] another device of the same person hides nobody', async () => {
    const { join } = await setup();
    const ben = await join('ben');
    const desk = await join('ann', 'desk');
    desk.point({ at: 1 });
    await vi.waitFor(() => expect(ben.others).toBe(1));
    desk.link.gone(1006);
    const phone = await join('ann', 'phone');
    phone.point({ at: 2 });
    await vi.waitFor(() => expect(ben.others).toBe(2));
  });
});
