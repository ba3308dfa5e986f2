import { setTimeout as pause } from 'node:timers/promises';
import { Client, tokenFor } from './client.ts';
import type { IdleJob, Settled } from './jobs.ts';

/** Sockets that are opened at a time by one process. */
const AT_ONCE = 100;

/** Sockets that come and go before anything counts: a server's code is compiled then, and its caches are filled. */
const WARM_UP = 200;

/** Milliseconds in which nobody does anything. */
const REST = 2_000;

/**
 * Many people open a document each and do nothing. Gates: when those of the warm-up are gone, when everybody is in, and
 * a moment later.
 */
export async function runIdle(
  job: IdleJob,
  gate: (name: string) => Promise<void>,
): Promise<Settled> {
  const { target, documents, clients, from } = job;
  const people = await Promise.all(
    Array.from({ length: clients }, async (_, index) => {
      const sub = `person-${from + index}`;
      const document = documents[(from + index) % documents.length];
      if (document === undefined) throw new Error('There is no document.');
      return { sub, document, token: await tokenFor(target, sub) };
    }),
  );
  const enter = async ({ document, sub, token }: (typeof people)[number]) => {
    const client = await Client.connect(target, document, sub, token);
    await client.opened();
    return client;
  };
  const guests = await each(people.slice(0, WARM_UP), enter);
  await each(guests, (client) => client.close());
  await pause(REST);
  await gate('empty');
  const start = performance.now();
  const inside = await each(people, enter);
  const took = performance.now() - start;
  await gate('full');
  await pause(REST);
  await gate('at rest');
  await each(inside, (client) => client.close());
  return { type: 'idle', took };
}

/** Does something for all of them, so many at a time. */
async function each<T, R>(items: readonly T[], act: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const work = async () => {
    for (let item = items[next]; item !== undefined; item = items[next]) {
      next += 1;
      results.push(await act(item));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return results;
}
