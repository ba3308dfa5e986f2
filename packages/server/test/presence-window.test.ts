import { openMemoryStore } from '@weft/storage/memory';
import { MessageType } from '@weft/protocol';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createWeftCore, silentLogger } from '../src/index.ts';
import { SessionClient } from './support/session-client.ts';

async function room(...people: readonly string[]) {
  const core = await createWeftCore({
    store: await openMemoryStore(),
    verify: async (sub) => ({
      tenant: '_',
      sub,
      name: `Name of ${sub}`,
      grants: [{ resource: '*', role: 'editor' }],
      expires: undefined,
    }),
    now: Date.now,
    logger: silentLogger,
    build: 'test',
  });
  onTestFinished(() => core.close());
  const clients: SessionClient[] = [];
  for (const sub of people) clients.push(await new SessionClient(core, sub).start());
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => {
    vi.useRealTimers();
  });
  return clients;
}

const framesOf = ({ types }: SessionClient) =>
  types.filter((type) => type === MessageType.Awareness).length;

/** The engine sends what one turn brought in the next one; ids are claimed in turns of their own. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
}

const seenBy = (reader: SessionClient, shown: SessionClient) =>
  reader.awareness.getStates().get(shown.doc.clientID);

describe('what clients show of themselves', () => {
  it('[P2] is passed on at once after a pause, then together, of each the newest', async () => {
    const [ann, bea, cleo] = await room('ann', 'bea', 'cleo');
    if (ann === undefined || bea === undefined || cleo === undefined) throw new Error('Nobody.');
    ann.point({ at: 0 });
    bea.point({ at: 0 });
    await turns();
    vi.advanceTimersByTime(50);
    await turns();
    vi.advanceTimersByTime(50);
    const before = framesOf(cleo);
    ann.point({ at: 1 });
    await turns();
    expect(seenBy(cleo, ann)).toMatchObject({ at: 1, user: { name: 'Name of ann' } });
    for (let at = 2; at < 30; at += 1) {
      ann.point({ at });
      bea.point({ at });
      await turns();
    }
    expect(seenBy(cleo, ann)).toMatchObject({ at: 1 });
    expect(framesOf(cleo) - before).toBe(1);
    vi.advanceTimersByTime(50);
    await turns();
    expect([seenBy(cleo, ann), seenBy(cleo, bea)]).toMatchObject([{ at: 29 }, { at: 29 }]);
    expect(framesOf(cleo) - before).toBe(2);
  });

  it('[P2] of who leaves is taken away at once, and does not come back with what was under way', async () => {
    const [ann, bea] = await room('ann', 'bea');
    if (ann === undefined || bea === undefined) throw new Error('Nobody.');
    ann.point({ at: 1 });
    await turns();
    expect(bea.others).toBe(1);
    ann.point({ at: 2 });
    ann.point(null);
    await turns();
    expect(bea.others).toBe(0);
    // Cut with a state under way: the engine has taken its states away, and the window must not bring one back.
    ann.point({ at: 3 });
    await turns();
    vi.advanceTimersByTime(50);
    await turns();
    ann.point({ at: 4 });
    ann.link.gone(1000);
    await turns();
    vi.advanceTimersByTime(200);
    await turns();
    expect(bea.others).toBe(0);
  });

  it('[P4] nobody speaks for the client of another one, also while its state waits', async () => {
    const [ann, mallory, cleo] = await room('ann', 'mallory', 'cleo');
    if (ann === undefined || mallory === undefined || cleo === undefined)
      throw new Error('Nobody.');
    ann.point({ at: 1 });
    await turns();
    ann.point({ at: 2 });
    mallory.forge(ann.doc.clientID, 99, { at: 666 });
    mallory.forge(ann.doc.clientID, 100, null);
    await turns();
    vi.advanceTimersByTime(50);
    await turns();
    expect(seenBy(cleo, ann)).toMatchObject({ at: 2, user: { sub: 'ann' } });
  });
});
