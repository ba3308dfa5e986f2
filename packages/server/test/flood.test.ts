import { type Command, errorDefinition, isErrorCode } from '@weft/protocol';
import { openMemoryStore } from '@weft/storage/memory';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Principal } from '../src/auth/principal.ts';
import { Conversations } from '../src/conversations/conversations.ts';
import { silentLogger } from '../src/logger.ts';
import { rawClient } from './support/raw-client.ts';
import { editorToken, gatedStore, startServer } from './support/server.ts';

function command(n: number, device = 'd1'): Command {
  return {
    type: 'command',
    id: `01J${String(n).padStart(23, '0')}`,
    device,
    counter: n,
    conversation: 'general',
    at: n,
    action: { type: 'send', body: { version: 1, text: String(n) } },
  };
}

describe('floods', () => {
  it('[C12] [C5] of 10,000 messages at once a burst is stored, the others are refused, and nobody else waits for them', async () => {
    const store = await openMemoryStore();
    const looks: string[] = [];
    const log = {
      ...store.log,
      find: (stream: string, key: string) => {
        looks.push(key);
        return store.log.find(stream, key);
      },
    };
    const { sync, http } = await startServer({
      store: { ...store, log },
      // Neither the pace nor the socket's rate gives anything back while this clock stands: the rate is out of the way.
      now: () => 1_000,
      rates: { question: { perSecond: 1, burst: 20_000 } },
    });
    const [mallory, bea] = [await rawClient(sync), await rawClient(sync)];
    const token = await editorToken('mallory');
    await mallory.hello(token);
    await bea.hello(await editorToken('bea'));
    const total = 10_000;
    for (let n = 1; n <= total; n += 1) mallory.say(command(n));
    bea.say(command(total + 2));
    expect(await bea.weft('ack')).toMatchObject({ result: { outcome: 'stored' } });
    const acks = new Map<string, string>();
    await mallory.until(() => {
      for (const frame of mallory.received.splice(0)) {
        if (frame.kind !== 'weft' || frame.message.type !== 'ack') continue;
        const { id, result } = frame.message;
        acks.set(id, result.outcome === 'stored' ? 'stored' : result.code);
      }
      return acks.size === total ? true : undefined;
    });
    const answers = [...acks].map(([id, answer]) => [Number(id.slice(3)), answer] as const);
    const stored = answers.filter(([, answer]) => answer === 'stored').map(([n]) => n);
    expect(stored.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 300 }, (_, n) => n + 1));
    expect(answers.filter(([, answer]) => answer === 'too-fast')).toHaveLength(total - 300);
    expect(looks.filter((key) => key.startsWith('mallory/'))).toHaveLength(300);
    const response = await fetch(`${http}/api/conversations/general/messages`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
      body: JSON.stringify({ id: command(total + 1).id, text: 'by another way' }),
    });
    expect([response.status, await response.json()]).toMatchObject([429, { code: 'too-fast' }]);
  });
});

const ann: Principal = {
  tenant: '_',
  sub: 'ann',
  name: 'Ann',
  grants: undefined,
  expires: undefined,
};

/** Texts of the conversation's messages, in sequence. */
async function texts(store: Awaited<ReturnType<typeof openMemoryStore>>): Promise<string[]> {
  const records = await store.log.read('_/conversation/general', 0, 10_000);
  return records.map(({ bytes }) => {
    const event: { message: { body: { text: string } } } = JSON.parse(
      new TextDecoder().decode(bytes),
    );
    return event.message.body.text;
  });
}

describe('order', () => {
  it("[C5] a device's messages, all sent at once and again, are stored in its order, whichever commits fail or are unsure", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('commit', 'commit', 'fail', 'unsure'), { maxLength: 30 }),
        fc.integer({ min: 1, max: 12 }),
        async (fates, total) => {
          const { store } = await gatedStore();
          let turn = 0;
          const append: typeof store.log.append = async (entries) => {
            const fate = fates[turn];
            turn += 1;
            if (fate === 'fail') throw new Error('disk');
            const result = await store.log.append(entries);
            if (fate === 'unsure') throw new Error('timeout');
            return result;
          };
          const conversations = new Conversations({
            store: { ...store, log: { ...store.log, append } },
            now: () => 1,
            logger: silentLogger,
            listener: { committed: () => {}, reread: async () => {}, begun: () => {} },
          });
          let left = Array.from({ length: total }, (_, index) => command(index + 1));
          for (let round = 0; left.length > 0; round += 1) {
            expect(round).toBeLessThan(60);
            const results = await Promise.all(left.map((each) => conversations.command(ann, each)));
            const refused = left.filter((_, index) => {
              const result = results[index];
              if (result?.outcome !== 'refused') return false;
              expect(isErrorCode(result.code) && errorDefinition(result.code).retry).toBe('later');
              return true;
            });
            left = refused;
          }
          expect(await texts(store)).toEqual(
            Array.from({ length: total }, (_, index) => String(index + 1)),
          );
        },
      ),
      { seed: 7, numRuns: 200 },
    );
  });

  it('[C5] one whose commit was unsure and is in the log holds nobody back, though its device sends it no more', async () => {
    const { store } = await gatedStore();
    let unsure = true;
    const append: typeof store.log.append = async (entries) => {
      const result = await store.log.append(entries);
      if (unsure) throw new Error('timeout');
      return result;
    };
    const conversations = new Conversations({
      store: { ...store, log: { ...store.log, append } },
      now: () => 1,
      logger: silentLogger,
      listener: { committed: () => {}, reread: async () => {}, begun: () => {} },
    });
    expect(await conversations.command(ann, command(1))).toMatchObject({ code: 'storage-failed' });
    unsure = false;
    expect(await conversations.command(ann, command(2))).toMatchObject({ sequence: 2 });
    expect(await conversations.command(ann, command(1, 'd2'))).toMatchObject({ sequence: 1 });
  });
});
